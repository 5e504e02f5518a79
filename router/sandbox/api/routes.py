"""Every path of the API the sandbox has, in one list."""

from starlette.routing import Route

from router.sandbox.api import contact_ways, tokens
from router.sandbox.api.call import Endpoint, Method
from router.sandbox.api.gate import TOKEN_PATH, Gate
from router.sandbox.platform import Platform

GET, POST = Method.GET, Method.POST

ENDPOINTS: dict[str, Endpoint] = {
    TOKEN_PATH: Endpoint(GET, tokens.get_token),
    "externalcontact/add_contact_way": Endpoint(POST, contact_ways.add_contact_way),
    "externalcontact/get_contact_way": Endpoint(POST, contact_ways.get_contact_way),
    "externalcontact/list_contact_way": Endpoint(POST, contact_ways.list_contact_way),
    "externalcontact/update_contact_way": Endpoint(POST, contact_ways.update_contact_way),
    "externalcontact/del_contact_way": Endpoint(POST, contact_ways.del_contact_way),
}


def api_routes(platform: Platform) -> list[Route]:
    return [Route("/cgi-bin/{path:path}", Gate(platform, ENDPOINTS).pass_through, methods=["GET", "POST"])]
