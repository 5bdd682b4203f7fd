"""GraphQL: queries over HTTP, subscriptions over WebSocket."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import strawberry
from strawberry.asgi import GraphQL


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    def hello(self, name: str = "world") -> str:
        """A greeting."""
        return f"hello {name}"


@strawberry.type
class Subscription:
    """What can be followed."""

    @strawberry.subscription
    async def count(self, to: int = 3) -> AsyncGenerator[int, None]:
        """Numbers."""
        for number in range(to):
            yield number


app: GraphQL[None, None] = GraphQL(strawberry.Schema(Query, subscription=Subscription))
