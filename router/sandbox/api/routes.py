"""Every path of the API the sandbox has, in one list."""

from starlette.routing import Route

from router.sandbox.api import (
    acquisition,
    app_messages,
    contact_ways,
    corp_tags,
    customers,
    join_ways,
    kf_accounts,
    kf_messages,
    media,
    members,
    tokens,
    welcome,
)
from router.sandbox.api.call import Endpoint, Method
from router.sandbox.api.gate import TOKEN_PATH, Gate
from router.sandbox.platform import Platform

GET, POST = Method.GET, Method.POST

# The KF secret of the stand-alone product reaches only KF; the contact secret never does (95011, 95012, 48002).
CONTACT = frozenset({"app", "contact"})
KF = frozenset({"app", "kf"})
APP = frozenset({"app"})

ENDPOINTS: dict[str, Endpoint] = {
    TOKEN_PATH: Endpoint(GET, tokens.get_token),
    "getcallbackip": Endpoint(GET, members.get_callback_ip),
    "user/get": Endpoint(GET, members.get_user),
    "user/simplelist": Endpoint(GET, members.list_users),
    "department/list": Endpoint(GET, members.list_departments),
    "agent/get": Endpoint(GET, members.get_agent, APP),
    "message/send": Endpoint(POST, app_messages.send_message, APP),
    "externalcontact/add_contact_way": Endpoint(POST, contact_ways.add_contact_way, CONTACT),
    "externalcontact/get_contact_way": Endpoint(POST, contact_ways.get_contact_way, CONTACT),
    "externalcontact/list_contact_way": Endpoint(POST, contact_ways.list_contact_way, CONTACT),
    "externalcontact/update_contact_way": Endpoint(POST, contact_ways.update_contact_way, CONTACT),
    "externalcontact/del_contact_way": Endpoint(POST, contact_ways.del_contact_way, CONTACT),
    "externalcontact/get": Endpoint(GET, customers.get_customer, CONTACT),
    "externalcontact/list": Endpoint(GET, customers.list_customers, CONTACT),
    "externalcontact/get_follow_user_list": Endpoint(GET, customers.get_follow_user_list, CONTACT),
    "externalcontact/batch/get_by_user": Endpoint(POST, customers.batch_get_by_user, CONTACT),
    "externalcontact/remark": Endpoint(POST, customers.remark, CONTACT),
    "externalcontact/get_corp_tag_list": Endpoint(POST, corp_tags.get_corp_tag_list, CONTACT),
    "externalcontact/add_corp_tag": Endpoint(POST, corp_tags.add_corp_tag, CONTACT),
    "externalcontact/edit_corp_tag": Endpoint(POST, corp_tags.edit_corp_tag, CONTACT),
    "externalcontact/del_corp_tag": Endpoint(POST, corp_tags.del_corp_tag, CONTACT),
    "externalcontact/mark_tag": Endpoint(POST, corp_tags.mark_tag, CONTACT),
    "externalcontact/send_welcome_msg": Endpoint(POST, welcome.send_welcome_msg, CONTACT),
    "externalcontact/groupchat/add_join_way": Endpoint(POST, join_ways.add_join_way, CONTACT),
    "externalcontact/groupchat/get_join_way": Endpoint(POST, join_ways.get_join_way, CONTACT),
    "externalcontact/groupchat/update_join_way": Endpoint(POST, join_ways.update_join_way, CONTACT),
    "externalcontact/groupchat/del_join_way": Endpoint(POST, join_ways.del_join_way, CONTACT),
    "externalcontact/groupchat/list": Endpoint(POST, join_ways.list_group_chats, CONTACT),
    "externalcontact/groupchat/get": Endpoint(POST, join_ways.get_group_chat, CONTACT),
    "externalcontact/customer_acquisition/create_link": Endpoint(POST, acquisition.create_link, APP),
    "externalcontact/customer_acquisition/update_link": Endpoint(POST, acquisition.update_link, APP),
    "externalcontact/customer_acquisition/get": Endpoint(POST, acquisition.get_link, APP),
    "externalcontact/customer_acquisition/list_link": Endpoint(POST, acquisition.list_links, APP),
    "externalcontact/customer_acquisition/delete_link": Endpoint(POST, acquisition.delete_link, APP),
    "externalcontact/customer_acquisition_quota": Endpoint(GET, acquisition.get_quota, APP),
    "kf/account/add": Endpoint(POST, kf_accounts.add_account, KF),
    "kf/account/list": Endpoint(POST, kf_accounts.list_accounts, KF),
    "kf/add_contact_way": Endpoint(POST, kf_accounts.add_contact_way, KF),
    "kf/servicer/add": Endpoint(POST, kf_accounts.add_servicers, KF),
    "kf/servicer/del": Endpoint(POST, kf_accounts.del_servicers, KF),
    "kf/servicer/list": Endpoint(GET, kf_accounts.list_servicers, KF),
    "kf/customer/batchget": Endpoint(POST, kf_accounts.batch_get_customers, KF),
    "kf/sync_msg": Endpoint(POST, kf_messages.sync_msg, KF),
    "kf/send_msg": Endpoint(POST, kf_messages.send_msg, KF),
    "kf/send_msg_on_event": Endpoint(POST, kf_messages.send_msg_on_event, KF),
    "kf/service_state/get": Endpoint(POST, kf_messages.get_service_state, KF),
    "kf/service_state/trans": Endpoint(POST, kf_messages.trans_service_state, KF),
    "media/upload": Endpoint(POST, media.upload),
    "media/uploadimg": Endpoint(POST, media.upload_picture),
    "media/get": Endpoint(GET, media.get),
}


def api_routes(platform: Platform) -> list[Route]:
    return [Route("/cgi-bin/{path:path}", Gate(platform, ENDPOINTS).pass_through, methods=["GET", "POST"])]
