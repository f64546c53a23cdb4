"""One frozen value with every setting; the only reader of the environment (`YOUJU_*`, `.env`)."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.errors import SettingsError
from index.llm import ModelConfig
from index.servers import ServerConfig

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_DOCUMENTS = ROOT / "eval" / "corpus"


class Settings(BaseSettings):
    """All settings with their defaults; the table in README is written from these descriptions."""

    model_config = SettingsConfigDict(
        env_prefix="YOUJU_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(default=Path("data"), description="索引所在的文件夹")
    documents: Path | None = Field(
        default=None, description="政策文件所在的文件夹；不设时用 ./documents，再没有就用示例文件"
    )
    embedder: str | None = Field(default=None, description="别的 sentence-transformers 模型（本地文件夹或模型名）")
    lexicon: Path | None = Field(default=None, description="本单位补充的词表，与内置词表同一格式")
    host: str = Field(default="127.0.0.1", description="网页监听的地址")
    port: int = Field(default=7860, ge=1, le=65535, description="网页监听的端口")
    max_file_mb: int = Field(default=20, ge=1, le=500, description="单个文件的大小上限（MB）")
    answer_threshold: float = Field(default=0.25, ge=0, le=1, description="作答所需的把握（0—1），越高越谨慎")
    journal_url: SecretStr | None = Field(  # it may hold a password
        default=None, description="凭据和评价的数据库，不设时用 YOUJU_HOME 里的 SQLite 文件"
    )
    chroma_url: str | None = Field(
        default=None, description="放向量的 Chroma 服务器（https，或本机的 http）；不设时向量在 YOUJU_HOME 里"
    )
    chroma_token: SecretStr | None = Field(default=None, description="Chroma 服务器前面的代理要的令牌（Bearer）")
    milvus_uri: str | None = Field(
        default=None, description="放向量和全文索引的 Milvus 地址，或一个 .db 文件（另装 youju[milvus]）"
    )
    milvus_token: SecretStr | None = Field(default=None, description="Milvus 的令牌，例如 用户名:密码")
    receipt_days: int = Field(default=365, ge=1, le=3650, description="凭据、评价和未答问题保存的天数")
    keep_questions: bool = Field(default=False, description="是否留下没有答上来的问题（隐去号码），供管理员查看")
    admin_password: SecretStr | None = Field(
        default=None, min_length=8, description="管理页面的密码（至少 8 位），不设时没有管理页面"
    )
    burst: int = Field(default=25, ge=0, le=10_000, description="一个网络地址十秒内最多提几个问题，0 表示不限")
    per_hour: int = Field(default=3000, ge=0, description="一个网络地址一小时内最多提几个问题，0 表示不限")
    trusted_proxies: str = Field(
        default="", description="反向代理的地址或网段，用逗号隔开；只有它们报来的访客地址才算数"
    )
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="Prometheus 指标的端口，只对本机开放，不设时没有指标"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="WARNING", description="网页服务的日志从哪一级起写；INFO 每个请求一行，DEBUG 会写出错误的原话"
    )
    mcp: bool = Field(default=False, description="供其他智能助手调用的 MCP 工具（另装 youju[mcp]）")
    llm: str | None = Field(
        default=None, description="语言模型，例如 ollama:qwen3:8b、openai:qwen3-32b；不设时不用语言模型"
    )
    llm_url: str | None = Field(default=None, description="语言模型服务的地址，不设时用该服务商的默认地址")
    llm_key: SecretStr | None = Field(default=None, description="语言模型服务的密钥")
    llm_seconds: float = Field(default=20, gt=0, le=300, description="一次作答等语言模型的时间上限（秒）")
    llm_context: int = Field(default=8192, ge=2048, description="语言模型的上下文长度（token）")
    llm_calls: int = Field(default=4, ge=1, le=64, description="同时进行的语言模型请求数")
    llm_price_in: float | None = Field(default=None, ge=0, description="每百万输入 token 的价格，设了就统计费用")
    llm_price_out: float | None = Field(default=None, ge=0, description="每百万输出 token 的价格，设了就统计费用")
    llm_answer: bool = Field(default=True, description="由语言模型把引文写成连贯的回答")
    llm_rewrite: bool = Field(default=True, description="由语言模型换说法再检索")
    llm_condense: bool = Field(default=True, description="由语言模型补全追问")
    llm_translate: bool = Field(default=True, description="由语言模型翻译中文以外的问题和回答")
    llm_index: bool = Field(default=False, description="建索引时由语言模型为每条写问法和提要")

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, written: str) -> str:
        for address in _listed(written):
            ip_network(address)
        return written

    @property
    def proxies(self) -> tuple[str, ...]:
        """The addresses and networks of the proxies whose word about a visitor is taken."""
        return _listed(self.trusted_proxies)

    @property
    def language_model(self) -> ModelConfig | None:
        """How the language model is reached; None where none is set."""
        if self.llm is None:
            return None
        key = self.llm_key.get_secret_value() if self.llm_key else None
        limits = (self.llm_seconds, self.llm_context, self.llm_calls)
        return ModelConfig(self.llm, self.llm_url, key, *limits, self.llm_price_in, self.llm_price_out)

    @property
    def servers(self) -> ServerConfig:
        """Where the library is searched besides its folder."""
        chroma, milvus = (t.get_secret_value() if t else None for t in (self.chroma_token, self.milvus_token))
        return ServerConfig(self.chroma_url, chroma, self.milvus_uri, milvus)

    @property
    def documents_folder(self) -> Path:
        """The folder that is the truth: as set, else ./documents if it exists, else the sample library."""
        if self.documents is not None:
            return self.documents
        own = Path("documents")
        return own if own.is_dir() else SAMPLE_DOCUMENTS

    @property
    def uses_samples(self) -> bool:
        return self.documents_folder.resolve() == SAMPLE_DOCUMENTS.resolve()


def _listed(written: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in written.split(",") if part.strip())


def load_settings() -> Settings:
    """Read the environment once. Raises `SettingsError` naming each variable that cannot work."""
    try:
        settings = Settings()
    except ValidationError as error:
        names = "、".join(f"YOUJU_{str(item['loc'][0]).upper()}" for item in error.errors())
        raise SettingsError(f"设置 {names} 的值不能用，请对照 README 的设置表改正。") from error
    settings.servers.check()
    return settings
