"""Scripts that find flaws of a page's layout in the browser; each returns texts that say what and where."""

# Targets below 24 by 24 pixels (WCAG 2.5.8), save links within a sentence and what is only seen with the focus; tables
# that are wider than the screen without scrolling.
SMALL_OR_WIDE = """() => {
    const shown = [...document.querySelectorAll("main *, header *")].filter(each => each.checkVisibility());
    const small = shown.filter(each => each.matches("a[href], button, [role=button], input:not([type=hidden]), select"))
        .filter(each => { const {width, height} = each.getBoundingClientRect(); return width < 24 || height < 24; })
        .filter(each => !each.matches("[role=alert] a, #backlog a, #text a, .desk-delivery a, a[href='../password/']"));
    const scrolls = each => ["auto", "scroll"].includes(getComputedStyle(each).overflowX);
    const wide = shown.filter(each => each.matches("table, section, fieldset"))
        .filter(each => each.getBoundingClientRect().right > innerWidth && !scrolls(each))
        .filter(each => { while ((each = each.parentElement)) if (scrolls(each)) return false; return true; });
    return [...small, ...wide].map(each => each.outerHTML.slice(0, 200));
}"""

# What scrolls sideways; words of up to 20 characters, dates and durations that are on two lines; cells without room.
BROKEN = r"""() => {
    const shown = [...document.querySelectorAll("main *, header *")].filter(each => each.checkVisibility());
    const scrolling = shown.filter(each => /auto|scroll/.test(getComputedStyle(each).overflowX))
        .filter(each => !each.matches("input, textarea, select") && each.scrollWidth > each.clientWidth + 1)
        .map(each => "scrolls: " + each.outerHTML.slice(0, 200));
    const broken = [];
    const texts = document.createTreeWalker(document.querySelector("#page"), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const node = texts.currentNode;
        if (!node.parentElement.checkVisibility() || node.parentElement.closest("option, script, style")) continue;
        for (const word of node.data.matchAll(/\d+ [A-Z][a-z]+ \d{4}|[\d.]+ (?:ms|s|min|h|days)\b|[^\s\/]+/g)) {
            const range = document.createRange();
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            const lines = [...range.getClientRects()].filter(each => each.width > 0);
            const apart = lines.some(each => each.top >= lines[0].bottom);
            if (word[0].length <= 20 && apart) broken.push("breaks: " + word[0]);
        }
    }
    const squeezed = shown.filter(each => each.matches("td, th") && each.textContent.trim() && each.clientWidth < 8)
        .map(each => "squeezed: " + each.textContent.trim());
    return [...scrolling, ...broken, ...squeezed];
}"""
