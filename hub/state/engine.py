"""The pooled engine of operations, pages and migrations; a process has connections of its own instead."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def engine(url: str) -> AsyncEngine:
    """A pooled SQLAlchemy engine; `url` is a plain `postgresql://` one."""
    return create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), pool_pre_ping=True, pool_size=2)
