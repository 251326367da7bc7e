"""Tickets with FastAPI, SQLAlchemy 2 (async), asyncpg and Pydantic 2: `uvicorn bench.baseline.app:app`.

It does what the original did and no more: no webhooks, no retries. What the original lacked (one ticket, pages) is
written as an experienced user of that stack would.
"""

import enum
import html
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, EmailStr, StringConstraints
from sqlalchemy import BigInteger, DateTime, Enum, ForeignKey, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, contains_eager, joinedload, mapped_column, relationship

# As many connections per process as the service has threads.
engine = create_async_engine(os.environ["BASELINE_DATABASE_URL"], pool_size=8, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Status(enum.Enum):
    open = "open"
    resolved = "resolved"


class Contact(Base):
    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    full_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Ticket(Base):
    __tablename__ = "tickets"
    __mapper_args__ = {"eager_defaults": True}

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    issue_description: Mapped[str] = mapped_column(Text)
    status: Mapped[Status] = mapped_column(Enum(Status, name="ticket_status"), default=Status.open)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    contact: Mapped[Contact] = relationship()


def text(max_length: int) -> object:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=max_length)


class TicketIn(BaseModel):
    full_name: Annotated[str, text(255), AfterValidator(html.escape)]
    email: EmailStr
    issue_description: Annotated[str, text(20_000), AfterValidator(html.escape)]


class ContactOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    full_name: str
    email: str
    created_at: datetime


class TicketOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    contact_id: int
    issue_description: str
    status: Status
    created_at: datetime
    contact: ContactOut


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await engine.dispose()


async def session() -> AsyncIterator[AsyncSession]:
    async with sessions() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]
app = FastAPI(lifespan=lifespan)


@app.post("/api/v1/tickets", status_code=201, response_model=TicketOut)
async def create(ticket_in: TicketIn, session: Session) -> Ticket:
    contact = await contact_of(ticket_in, session)
    ticket = Ticket(contact=contact, issue_description=ticket_in.issue_description)
    session.add(ticket)
    await session.commit()
    return ticket


async def contact_of(ticket_in: TicketIn, session: AsyncSession) -> Contact:
    """The contact found by email, else created; safe against concurrent requests."""
    by_email = select(Contact).where(Contact.email == ticket_in.email.lower())
    if contact := await session.scalar(by_email):
        return contact
    values = {"full_name": ticket_in.full_name, "email": ticket_in.email.lower()}
    made = insert(Contact).values(**values).on_conflict_do_nothing().returning(Contact)
    return await session.scalar(made) or (await session.scalars(by_email)).one()


@app.get("/api/v1/tickets", response_model=list[TicketOut])
async def tickets(
    session: Session, after: int = 0, limit: Annotated[int | None, Query(ge=1, le=1000)] = None
) -> list[Ticket]:
    query = select(Ticket).join(Ticket.contact).options(contains_eager(Ticket.contact)).order_by(Ticket.id)
    return list(await session.scalars(query.where(Ticket.id > after).limit(limit)))


@app.get("/api/v1/tickets/{ticket_id}", response_model=TicketOut)
async def ticket(ticket_id: int, session: Session) -> Ticket:
    return await get(ticket_id, session)


@app.patch("/api/v1/tickets/{ticket_id}/resolve", response_model=TicketOut)
async def resolve(ticket_id: int, session: Session) -> Ticket:
    ticket = await get(ticket_id, session)
    ticket.status = Status.resolved
    await session.commit()
    return ticket


async def get(ticket_id: int, session: AsyncSession) -> Ticket:
    ticket = await session.get(Ticket, ticket_id, options=[joinedload(Ticket.contact)])
    if ticket is None:
        raise HTTPException(404, "Ticket not found")
    return ticket


async def create_tables() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
