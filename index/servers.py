"""Which server is set to hold the library, and whether its address is safe to use."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from index.errors import SettingsError
from index.stores import Server

_PLAIN = (
    "{name} 是不加密的 http 地址，而且不在本机：这类服务器不核对身份，谁连得上都能读写。"
    "请在它前面放一个核对身份的 TLS 代理，改用 https 地址；只在本机使用时写 127.0.0.1。"
)
_ODD = "{name} 不是能用的地址，请写成 https://主机名:端口；只在本机使用时可以写 http://127.0.0.1:端口。"
_BOTH = "YOUJU_CHROMA_URL 和 YOUJU_MILVUS_URI 只能设一个，请去掉其中一个。"


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Addresses and tokens as set, None where not. At most one address counts."""

    chroma_url: str | None = None
    chroma_token: str | None = None
    milvus_uri: str | None = None
    milvus_token: str | None = None

    def check(self) -> None:
        """Raises `SettingsError` for what cannot or must not be used. Connects to nothing."""
        if self.chroma_url and self.milvus_uri:
            raise SettingsError(_BOTH)
        if self.chroma_url:
            require_safe(self.chroma_url, "YOUJU_CHROMA_URL")
        if self.milvus_uri and ("://" in self.milvus_uri or not self.milvus_uri.endswith(".db")):
            require_safe(self.milvus_uri, "YOUJU_MILVUS_URI")

    def server(self) -> Server | None:
        """The server that is set, None without one. Connects to nothing."""
        self.check()
        if self.chroma_url:
            from index.chroma_server import ChromaServer

            return ChromaServer(self.chroma_url, self.chroma_token)
        if self.milvus_uri:
            from index.milvus_server import MilvusServer

            return MilvusServer(self.milvus_uri, self.milvus_token)
        return None


def require_safe(url: str, name: str) -> None:
    """Raises `SettingsError` unless a URL is https, or http on this machine itself."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(_ODD.format(name=name)) from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise SettingsError(_ODD.format(name=name))
    if parts.scheme == "http" and not _is_loopback(host):
        raise SettingsError(_PLAIN.format(name=name))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
