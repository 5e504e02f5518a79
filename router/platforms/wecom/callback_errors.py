"""Why a callback request cannot be accepted.

    CallbackRefused
    ├── SignatureInvalid      -40001
    ├── XmlInvalid            -40002
    │   ├── EnvelopeInvalid
    │   └── MessageInvalid
    ├── KeyInvalid            -40004
    ├── ReceiveIdMismatch     -40005
    ├── CiphertextInvalid     -40007
    │   └── PaddingInvalid
    ├── PlaintextInvalid      -40008
    └── Base64Invalid         -40010

The codes are those of WeCom's own crypto samples (W-90238): its documentation and support use them, the platform never
sends them.
"""

from typing import ClassVar


class CallbackRefused(Exception):  # noqa: N818 - the leaves name what is wrong, as WeCom's table does
    """Root of this tree.

    `code` is WeCom's library code, `detail` says what was wrong with this request and never contains a secret,
    `zh` and `en` say what the operator can do about it.
    """

    code: ClassVar[int]
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, detail: str) -> None:
        super().__init__(f"{detail} ({self.code})")
        self.detail = detail


class SignatureInvalid(CallbackRefused):
    """The signature was not made with the configured Token."""

    code = -40001
    zh = "签名不符：请核对管理后台「接收消息」中的 Token 与此处填写的一致，且网关没有改写网址参数。"
    en = "The signature does not match: compare the Token with the admin console; no proxy may rewrite the query."


class XmlInvalid(CallbackRefused):
    """A document is not XML that may be read here."""

    code = -40002
    zh = "内容不是可读取的 XML（UTF-8、无 DOCTYPE）：请确认消息格式选择的是 XML。"
    en = "The content is not readable XML (UTF-8, no DOCTYPE): check that the callback format is set to XML."


class EnvelopeInvalid(XmlInvalid):
    """The request body carries no encrypted message."""

    zh = "请求体不是企业微信的加密消息：请确认回调地址只由企业微信调用，且消息格式选择的是 XML。"
    en = "The body is not an encrypted WeCom message: check that only WeCom calls this address and the format is XML."


class MessageInvalid(XmlInvalid):
    """The decrypted message lacks a field, or a field is out of bounds."""

    zh = "消息缺少必需的字段或字段超出长度：原文已保留，请升级本服务或反馈该消息。"
    en = "A required field is missing or out of bounds: the original is kept; upgrade this service or report it."


class KeyInvalid(CallbackRefused):
    """The EncodingAESKey cannot be a key."""

    code = -40004
    zh = "EncodingAESKey 无效：应为 43 位大小写字母或数字，请从管理后台完整复制。"
    en = "The EncodingAESKey is not valid: copy all 43 letters and digits from the admin console."


class ReceiveIdMismatch(CallbackRefused):
    """The message was meant for another corp, or the configured corp id is wrong."""

    code = -40005
    zh = "消息属于另一个企业：请核对「我的企业」中的企业 ID。"
    en = "The message belongs to another corp: compare the corp id with the page My Company in the admin console."


class CiphertextInvalid(CallbackRefused):
    """The ciphertext cannot be decrypted with the configured EncodingAESKey."""

    code = -40007
    zh = "解密失败：请核对管理后台「接收消息」中的 EncodingAESKey 与此处填写的一致。"
    en = "Decryption failed: compare the EncodingAESKey with the admin console."


class PaddingInvalid(CiphertextInvalid):
    """Decryption gave bytes without WeCom's padding, as a wrong EncodingAESKey does."""


class PlaintextInvalid(CallbackRefused):
    """The decrypted bytes do not have the layout of W-90238."""

    code = -40008
    zh = "解密后的内容不完整：请核对 EncodingAESKey，并确认网关没有截断请求。"
    en = "The decrypted content is incomplete: compare the EncodingAESKey, and check that no proxy truncates requests."


class Base64Invalid(CallbackRefused):
    """The encrypted text is not standard base64."""

    code = -40010
    zh = "密文不是标准 Base64：请确认网关没有改写请求内容或网址参数。"
    en = "The encrypted text is not standard base64: check that no proxy rewrites the body or the query."
