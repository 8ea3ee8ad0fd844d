/* What a picky person sees: text that is cut off, runs out of its box or lies on other text; a page that
   scrolls sideways; a notice that lies on a dialog's controls. Returns sentences. Only what is visible counts, and under an open dialog only the dialog. */
() => {
  const complaints = [];
  const modal = [...document.querySelectorAll("dialog[open]")].at(-1);
  const root = modal ?? document.body;
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const name = (element) => {
    const tag = element.tagName.toLowerCase();
    return tag + (element.id ? `#${element.id}` : "") + (typeof element.className === "string" && element.className ? `.${element.className.trim().split(/\s+/).join(".")}` : "");
  };
  const words = (text) => `"${text.trim().replace(/\s+/g, " ").slice(0, 60)}"`;

  if (document.scrollingElement.scrollWidth > innerWidth + 1) {
    const wide = [...document.body.querySelectorAll("*")].filter((e) => shown(e) && e.getBoundingClientRect().right > innerWidth + 1);
    complaints.push(`the page scrolls sideways (${document.scrollingElement.scrollWidth} px): ${wide.slice(0, 3).map(name).join(", ")}`);
  }

  // Boxes that hide what does not fit. For screen readers only: 1 px large.
  for (const element of root.querySelectorAll("*")) {
    if (!shown(element) || element.clientWidth <= 1 || element instanceof SVGElement) continue;
    const style = getComputedStyle(element);
    const hides = ["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis";
    if (hides && !element.matches("input, select, textarea, .progress-top") && element.scrollWidth > element.clientWidth + 1) {
      complaints.push(`${name(element)} cuts off its content: ${element.scrollWidth} in ${element.clientWidth} px`);
    }
    if (element.matches("input:placeholder-shown") && style.textOverflow !== "ellipsis") {
      const canvas = document.createElement("canvas").getContext("2d");
      canvas.font = style.font;
      const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      if (canvas.measureText(element.placeholder).width > room + 1) complaints.push(`the placeholder of ${name(element)} is cut off`);
    }
    if (element.matches("select")) {
      const canvas = document.createElement("canvas").getContext("2d");
      canvas.font = style.font;
      const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      const text = element.selectedOptions[0]?.textContent.trim() ?? "";
      if (style.textOverflow !== "ellipsis" && canvas.measureText(text).width > room + 1) complaints.push(`${name(element)} cuts off ${words(text)}`);
    }
  }

  // Where each piece of text lies, inside the boxes that scroll or hide.
  const scrolls = (element) => element !== document.body && [getComputedStyle(element).overflowX, getComputedStyle(element).overflowY].some((way) => way !== "visible");
  const layer = (element) => {
    for (let at = element; at && at !== root; at = at.parentElement) {
      if (["fixed", "sticky"].includes(getComputedStyle(at).position) || at.matches("[popover], .menu-list, .skip-link")) return at;
    }
    return root;
  };
  const pieces = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || !shown(parent) || parent.closest("svg, script, style, option, datalist, textarea, noscript")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    let block = parent;
    while (getComputedStyle(block).display.startsWith("inline") && block.parentElement) block = block.parentElement;
    // What is left to see of it, after every box around it has hidden its part.
    const seen = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };
    let framed = false;
    for (let at = parent; at && at !== root.parentElement; at = at.parentElement) {
      if (!scrolls(at)) continue;
      const edge = at.getBoundingClientRect();
      framed ||= at !== root;
      seen.left = Math.max(seen.left, edge.left);
      seen.right = Math.min(seen.right, edge.right);
      seen.top = Math.max(seen.top, edge.top);
      seen.bottom = Math.min(seen.bottom, edge.bottom);
    }
    const box = block.getBoundingClientRect();
    const lines = [...range.getClientRects()];
    if (lines.some((line) => line.top > lines[0].top + 2)) {
      for (const word of node.data.matchAll(/(?<![\p{L}\p{N}_])\p{L}{2,20}(?![\p{L}\p{N}_])/gu)) {
        const part = document.createRange();
        part.setStart(node, word.index);
        part.setEnd(node, word.index + word[0].length);
        const rects = [...part.getClientRects()];
        if (rects.length > 1 && rects.at(-1).top > rects[0].top + 2) complaints.push(`"${word[0]}" is broken in ${name(parent)} of ${name(block)}`);
      }
    }
    for (const rect of lines) {
      if (rect.width < 2 || rect.height < 2) continue;
      if (!framed && rect.right > box.right + 1.5) complaints.push(`${words(node.data)} runs out of ${name(block)} by ${Math.round(rect.right - box.right)} px`);
      const part = {
        left: Math.max(rect.left, seen.left), right: Math.min(rect.right, seen.right),
        top: Math.max(rect.top, seen.top), bottom: Math.min(rect.bottom, seen.bottom),
      };
      if (part.right - part.left > 1 && part.bottom - part.top > 1) pieces.push({ text: node.data, parent, layer: layer(parent), ...part });
    }
  }
  pieces.sort((a, b) => a.top - b.top);
  for (let i = 0; i < pieces.length; i++) {
    for (let j = i + 1; j < pieces.length && pieces[j].top < pieces[i].bottom; j++) {
      const [a, b] = [pieces[i], pieces[j]];
      if (a.parent === b.parent || a.layer !== b.layer) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 2 && down > 5) complaints.push(`${words(a.text)} lies on ${words(b.text)}`);
    }
  }

  // A notice stays until somebody dismisses it: nothing that can be pressed or filled in may lie below it.
  const notice = modal?.querySelector("[data-toasts]:has(*)");
  const controls = notice ? modal.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea") : [];
  for (const control of controls) {
    if (notice.contains(control) || !shown(control)) continue;
    const { left, right, top, bottom } = control.getBoundingClientRect();
    const spots = [[left + 2, top + 2], [right - 2, top + 2], [left + 2, bottom - 2], [right - 2, bottom - 2], [(left + right) / 2, (top + bottom) / 2]];
    const port = control.closest(".dialog-body")?.getBoundingClientRect(); // what is scrolled away is not there
    const seen = ([x, y]) => !port || (y > port.top && y < port.bottom);
    if (spots.some(([x, y]) => seen([x, y]) && notice.contains(document.elementFromPoint(x, y)))) complaints.push(`a notice lies on ${name(control)} ${words(control.ariaLabel ?? control.textContent)}`);
  }
  return [...new Set(complaints)];
}
