// What the button looks like, on any page: colours come from the text around it, so that a dark page needs no word of it,
// and measures from its size. The bar's height is there from the start and stays, whatever the bar shows.

export const STYLE = `
:host{display:block}.place{display:contents}
.bar{all:initial;box-sizing:border-box;display:flex;align-items:center;gap:.4em .9em;width:100%;
min-height:var(--klartext-height,max(44px,2.9em));color:var(--klartext-color,inherit);color-scheme:inherit;visibility:inherit;
font:400 var(--klartext-font-size,max(14px,.8em))/1.3 var(--klartext-font,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif);
--ink:currentColor;--line:color-mix(in srgb,currentColor 26%,transparent);--accent:var(--klartext-accent,#c4533a)}
@supports (color:oklch(from currentColor l c h)){
.bar{--accent:var(--klartext-accent,oklch(from currentColor clamp(.5,l,.78) .15 34))}}
[hidden]{display:none!important}
button{all:unset;box-sizing:border-box;display:inline-flex;align-items:center;gap:.55em;min-height:36px;padding:0 .85em;
border:1px solid;border-color:var(--klartext-border,var(--line));border-radius:var(--klartext-radius,4px);
background:var(--klartext-background,none);font-weight:600;white-space:nowrap;cursor:pointer;flex:none}
button:hover{border-color:var(--accent)}
button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
button[aria-disabled]{opacity:.6;cursor:progress}
.badge{padding:.1em .35em;border-radius:.25em;font-size:.75em;font-weight:700;letter-spacing:.04em;color:var(--accent);
background:color-mix(in srgb,var(--accent) 13%,transparent)}
.note{opacity:.82;min-width:0}
.live{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media print{.bar{display:none}}
@media (forced-colors:active){button,.badge{border-color:ButtonText}button:focus-visible{outline-color:Highlight}}`;
