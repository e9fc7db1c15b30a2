"""Words the seeded rows are made of: several scripts, quotes and markup on purpose."""

from __future__ import annotations

from typing import Final

__all__ = ["FIRMS", "FORMS", "GOODS", "NAMES", "SOURCES", "SURNAMES"]

GOODS: Final = (
    "Pump station", "Office renewal", "Licences", "Delivery", "Annual support", "Solar roof", "Workshop",
    "Training", "Spare parts", "Packaging line", "Обслуживание", "Поставка оборудования",
    "Café fittings", "Rent <12 months>", "Fish & chips vans", "\"Turnkey\" server room",
)  # fmt: skip
FIRMS: Final = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivory", "Juniper", "Kapok",
    "Larch", "Maple", "Nutmeg", "Oak", "Poplar", "Ромашка", "Спутник", "Zelkova",
)  # fmt: skip
FORMS: Final = (
    "Ltd", "LLC", "GmbH", "Inc", "& Sons", "Завод", "S.A.",
)  # fmt: skip
NAMES: Final = (
    "Ada", "Boris", "Clara", "Denis", "Elena", "Farid", "Grace", "Hugo", "Irina", "Jonas", "Katya",
    "Liam", "Maria", "Nils", "Olga", "Pavel", "Rosa", "Sven", "Tanya", "Uma", "Victor", "Юлия", "Zoë",
)  # fmt: skip
SURNAMES: Final = (
    "Abel", "Baker", "Costa", "Dietrich", "Evans", "Fischer", "Garcia", "Hansen", "Ivanova", "Jansen",
    "Kowalski", "Lopez", "Meyer", "Novak", "O'Brien", "Petrov", "Quinn", "Rossi", "Silva", "Tanaka",
    "Ульянов", "Weber", "Young",
)  # fmt: skip
SOURCES: Final = (
    "CALL", "EMAIL", "WEB", "ADVERTISING", "PARTNER", None,
)  # fmt: skip
