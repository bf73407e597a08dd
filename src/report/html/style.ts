/** The page's style sheet. Its hash is in the page's policy: no other style, and no script, is let in. */
export const style = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5a6675;--line:#d9dee5;--grid:#e8ebef;
--slot-a:#2f6fde;--slot-b:#0d8a7b;--other:#8a8f98;--admin:#8250c4;--standby:.16;
--prepare:#7b8798;--switch:#2f6fde;--retire:#0d8a7b;--back:#b86a00;
--good:#17803d;--good-bg:#e3f5e9;--warn:#9a5700;--warn-bg:#fdf0d8;--bad:#b3261e;--bad-bg:#fce6e4;--hold:#6b3fb5;--hold-bg:#f0e8fc;--open:#4b5563;--open-bg:#e9ebee}
@media (prefers-color-scheme:dark){:root{--page:#0f141a;--card:#181f27;--ink:#e6eaef;--soft:#9aa7b6;--line:#2d3743;--grid:#242d37;
--slot-a:#6ea0ff;--slot-b:#3cc2ae;--other:#8b95a3;--admin:#b48cf0;--standby:.22;
--prepare:#8e9bad;--switch:#6ea0ff;--retire:#3cc2ae;--back:#e79a35;
--good:#6fd592;--good-bg:#12301d;--warn:#f0b35c;--warn-bg:#382608;--bad:#ff8f86;--bad-bg:#3f1513;--hold:#c4a3f7;--hold-bg:#2b1d45;--open:#b6bfca;--open-bg:#2a323c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:76rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.15rem;margin:0 0 .75rem}
h3{font-size:1rem;margin:0;display:inline}
p{margin:.4rem 0}
.soft{color:var(--soft)}
.num,td.took{font-variant-numeric:tabular-nums}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.1rem 1.25rem;margin:1rem 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.2rem,1fr));gap:.75rem;margin:1rem 0;padding:0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}
.tile dt{color:var(--soft);font-size:.85rem}
.tile dd{margin:0;font-size:1.25rem;font-weight:600;line-height:1.35}
.tile dd small{display:block;font-size:.82rem;font-weight:400;color:var(--soft)}
svg{display:block;width:100%;overflow:visible}
svg text{fill:var(--soft);font-size:12px}
.lanes{display:grid;grid-template-columns:6.5rem minmax(0,1fr);gap:.35rem .75rem;align-items:center;padding-right:.5rem}
.lanes .name{font-size:.88rem;font-weight:600}
.lanes .name small{display:block;font-weight:400;color:var(--soft)}
.slot-A{fill:var(--slot-a)}.slot-B{fill:var(--slot-b)}.slot-other{fill:var(--other)}.who-A{fill:var(--slot-a)}.who-B{fill:var(--slot-b)}.who-admin{fill:var(--admin)}
.standby{opacity:var(--standby)}
.life{opacity:.75}.life.odd{opacity:.45}.life.unknown{opacity:.15}
.tick{stroke:var(--line)}
.base{stroke:var(--line)}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin:.8rem 0;padding:0;list-style:none;font-size:.85rem;color:var(--soft)}
.legend svg{display:inline-block;width:1.1em;height:1.1em;vertical-align:-.18em;margin-right:.35em}
.rotated,.done{--mark:var(--good);--mark-bg:var(--good-bg)}.rolled-back{--mark:var(--warn);--mark-bg:var(--warn-bg)}
.held{--mark:var(--hold);--mark-bg:var(--hold-bg)}.before-switch,.failed{--mark:var(--bad);--mark-bg:var(--bad-bg)}.unfinished{--mark:var(--open);--mark-bg:var(--open-bg)}
.mark{fill:var(--mark);stroke:var(--card);stroke-width:1.5}
.mark.hollow{fill:var(--card);stroke:var(--mark);stroke-width:2}
.chip{display:inline-block;padding:.08rem .6rem;border-radius:1rem;background:var(--mark-bg);color:var(--mark);font-size:.85rem;font-weight:600;white-space:nowrap}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.4rem 0}
th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--grid);vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}
.scroll{overflow-x:auto}
details>summary{cursor:pointer}
details.plain>summary{color:var(--soft);margin-top:.8rem;font-size:.9rem}
.rotation{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:.6rem 0;content-visibility:auto;contain-intrinsic-size:auto 3.2rem}
.rotation>summary{display:grid;grid-template-columns:1rem 13.5rem 9rem 10rem 8.5rem minmax(7rem,1fr);gap:.15rem .75rem;align-items:baseline;padding:.65rem 1rem;list-style:none}
.rotation>summary::-webkit-details-marker{display:none}
.rotation>summary::before{content:"▸";color:var(--soft)}
.rotation[open]>summary::before{content:"▾"}
.rotation>summary:focus-visible{outline:2px solid var(--slot-a);outline-offset:-2px;border-radius:10px}
.rotation .who{overflow-wrap:anywhere;font-size:.88rem}
.inside{padding:0 1rem 1rem;border-top:1px solid var(--grid)}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.5rem;margin:.7rem 0;font-size:.9rem}
.facts div{display:flex;gap:.4rem}.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.why{border-left:3px solid var(--mark);background:var(--mark-bg);padding:.5rem .8rem;border-radius:0 6px 6px 0;overflow-wrap:anywhere}
.gantt{margin:.6rem 0 1rem}
.gantt td,.gantt th{border:0;padding:.1rem 0;vertical-align:middle}
.gantt th{font-weight:400;color:var(--ink);width:24rem;padding:.1rem .75rem .1rem 2rem;text-indent:-2rem}
.gantt th b{display:inline-block;width:2rem;text-align:right;text-indent:0;padding-right:.6rem;white-space:nowrap;overflow-wrap:normal;color:var(--soft);font-weight:600;font-variant-numeric:tabular-nums}
.gantt td.took{width:6.5rem;text-align:right;padding-left:.75rem;color:var(--soft);white-space:nowrap}
.gantt td.chart{background:linear-gradient(90deg,var(--grid) 1px,transparent 1px) 0 0/100% 100%;border-right:1px solid var(--grid)}
.g1 td.chart{background-size:100% 100%}.g2 td.chart{background-size:50% 100%}.g3 td.chart{background-size:33.333% 100%}.g4 td.chart{background-size:25% 100%}.g5 td.chart{background-size:20% 100%}
.gantt thead td.chart{background:none;border:0}
.gantt thead th{color:var(--soft);font-size:.85rem;text-indent:0}
.phase-prepare{fill:var(--prepare)}.phase-switch{fill:var(--switch)}.phase-retire{fill:var(--retire)}.phase-back{fill:var(--back)}.bar-failed{fill:var(--bad)}
.lost{stroke:var(--bad);stroke-width:2}
.cut{stroke:var(--ink);stroke-dasharray:3 3;opacity:.55}
.failed-step th,.failed-step td.took{color:var(--bad);font-weight:600}
.quiet th{color:var(--soft)}
footer{color:var(--soft);font-size:.85rem;margin-top:1.5rem}
@media (max-width:46rem){
main{padding:1rem .75rem}.card{padding:.9rem .8rem}
.tiles{grid-template-columns:1fr 1fr;gap:.5rem}.tile{padding:.6rem .75rem}.tile dd{font-size:1.15rem}
.lanes{grid-template-columns:minmax(0,1fr);gap:.1rem}.lanes .name{margin-top:.5rem}.lanes .name small{display:inline;margin-left:.4rem}
.tick-odd text{display:none}
.chip{white-space:normal}
.rotation>summary{grid-template-columns:1rem minmax(0,1fr) auto;padding:.6rem .75rem}
.rotation>summary .way{grid-column:3;grid-row:1}.rotation>summary .when,.rotation>summary .who{grid-column:2}.rotation>summary .lasted{grid-column:3;text-align:right}.rotation>summary .who{grid-column:2/4}
.inside{padding:0 .75rem .75rem}
.gantt,.gantt tbody,.gantt thead{display:block}.gantt tr{display:grid;grid-template-columns:minmax(0,1fr) auto;margin-bottom:.35rem}
.gantt th{width:auto;grid-row:1}.gantt thead th{display:none}.gantt td.took{grid-row:1;grid-column:2;width:auto}.gantt td.chart{grid-column:1/3}
.gantt thead td.took{display:none}
.gantt .quiet td.chart{display:none}
}
@media print{:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--grid:#e3e3e3;--slot-a:#2f6fde;--slot-b:#0d8a7b;--other:#8a8f98;--admin:#8250c4;--standby:.16;--prepare:#7b8798;--switch:#2f6fde;--retire:#0d8a7b;--back:#b86a00;--good:#17803d;--good-bg:#e3f5e9;--warn:#9a5700;--warn-bg:#fdf0d8;--bad:#b3261e;--bad-bg:#fce6e4;--hold:#6b3fb5;--hold-bg:#f0e8fc;--open:#4b5563;--open-bg:#e9ebee}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{font-size:11px}main{max-width:none;padding:0}
.card,.tile,.rotation,.gantt tr{break-inside:avoid}
.rotation{content-visibility:visible}
details::details-content{content-visibility:visible;block-size:auto;opacity:1}
.rotation>summary::before{content:""}}
`;
