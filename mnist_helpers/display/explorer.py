"""A gallery that its reader filters by radio buttons: the page's style hides the others, without a script."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from IPython.display import display
from markupsafe import Markup, escape

from mnist_helpers.display.cell_pictures import thumbnail

WIDTH = 56  # CSS pixels of a digit: two for each of its own


@dataclass(frozen=True)
class Card:
    """An image, uint8 (28, 28), how it looks in words, a title, some notes, and the filters that it passes."""

    image: torch.Tensor
    alt: str
    title: str
    notes: Sequence[str]
    passes: Collection[str]


@dataclass(frozen=True)
class Explorer:
    """Cards, and filters as name to words; the name is a class in the page's style, too."""

    name: str
    filters: Mapping[str, str]
    cards: Sequence[Card]

    def choices(self) -> dict[str, str]:
        """Name to words with the number of cards, of every filter that passes one, after "all"."""
        counts = {name: sum(name in card.passes for card in self.cards) for name in self.filters}
        shown = {name: f"{self.filters[name]} ({count:,})" for name, count in counts.items() if count}
        return {"all": f"All ({len(self.cards):,})"} | shown


def show_explorer(explorer: Explorer) -> None:
    """Show the cards, with their filters where the report's style is; nothing where there is no card."""
    if explorer.cards:
        display({"text/html": explorer_html(explorer), "text/plain": explorer_text(explorer)}, raw=True)


def explorer_html(explorer: Explorer) -> str:
    """The filters and the cards; JupyterLab, where the filters would do nothing, has the cards alone."""
    buttons = "".join(
        f'<span><input type="radio" name="explorer" id="explorer-{name}"{" checked" if name == "all" else ""}>'
        f'<label for="explorer-{name}">{escape(words)}</label></span>'
        for name, words in explorer.choices().items()
    )
    columns = "display:grid;grid-template-columns:repeat(auto-fill,minmax(10.5rem,1fr));gap:.3rem .75rem"
    return (
        f'<div class="explorer"><fieldset style="display:none"><legend>Show</legend>{buttons}</fieldset>'
        f'<ul role="list" aria-label="{escape(explorer.name)}" style="{columns};padding:0;list-style:none">'
        f"{''.join(map(_card_html, explorer.cards))}</ul></div>"
    )


def explorer_text(explorer: Explorer) -> str:
    """A line for each card."""
    return "\n".join([explorer.name, *(", ".join([card.title, *card.notes]) for card in explorer.cards)])


def _card_html(card: Card) -> str:
    lines = Markup("<br>").join([Markup("<strong>{}</strong>").format(card.title), *card.notes])
    return f'<li class="{" ".join(card.passes)}">{thumbnail(card.image, card.alt, WIDTH)}<div>{lines}</div></li>'
