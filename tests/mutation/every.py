"""Every bug that is planted."""

from __future__ import annotations

from tests.mutation.mutation import Mutation
from tests.mutation.of_guards import POSTGRESQL_MUTATIONS, SQLITE_MUTATIONS, TABLES_MUTATIONS
from tests.mutation.of_laws import GUARDS_MUTATIONS, REASONS_MUTATIONS, ROLES_MUTATIONS, VERIFY_MUTATIONS
from tests.mutation.of_proofs import LINES_MUTATIONS, REPLAY_MUTATIONS, SEALS_MUTATIONS
from tests.mutation.of_service import MONTHS_MUTATIONS, QUERIES_MUTATIONS, SERVICE_MUTATIONS

MUTATIONS: tuple[Mutation, ...] = (
    *SERVICE_MUTATIONS,
    *QUERIES_MUTATIONS,
    *MONTHS_MUTATIONS,
    *SEALS_MUTATIONS,
    *LINES_MUTATIONS,
    *REPLAY_MUTATIONS,
    *VERIFY_MUTATIONS,
    *REASONS_MUTATIONS,
    *GUARDS_MUTATIONS,
    *ROLES_MUTATIONS,
    *TABLES_MUTATIONS,
    *SQLITE_MUTATIONS,
    *POSTGRESQL_MUTATIONS,
)
