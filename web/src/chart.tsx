// A line chart over the samples of this page, by uPlot. What it shows is told in words, too.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface Line { label: string; color: string; dash?: number[]; values: (number | null)[] }

export function Chart({ title, times, lines, format }: { title: string; times: number[]; lines: Line[]; format: (value: number | null) => string }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const names = lines.map((line) => line.label).join();
  useEffect(() => {
    const style = getComputedStyle(document.documentElement);
    const axis = { stroke: style.getPropertyValue("--soft"), grid: { stroke: style.getPropertyValue("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const options: uPlot.Options = {
      width: box.current!.clientWidth, height: 150, legend: { show: false }, cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_self, _min, max) => [0, Math.max(1, max * 1.1)] } },
      series: [{}, ...lines.map((line) => ({ label: line.label, stroke: style.getPropertyValue(line.color), width: 2, dash: line.dash, points: { show: false } }))],
      axes: [{ ...axis, values: (_self, splits) => splits.map((at) => new Date(at * 1000).toLocaleTimeString("en-GB")), space: 70 },
             { ...axis, size: 60, values: (_self, splits) => splits.map(format) }],
    };
    plot.current = new uPlot(options, [times, ...lines.map((line) => line.values)], box.current!);
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: box.current!.clientWidth, height: 150 }));
    resized.observe(box.current!);
    return () => { resized.disconnect(); plot.current?.destroy(); plot.current = null; };
  }, [names]);
  useEffect(() => { plot.current?.setData([times, ...lines.map((line) => line.values)]); }, [times, lines]);
  const summary = lines.map((line) => `${line.label} ${format(line.values.at(-1) ?? null)}`).join(", ");
  return <figure class="chart">
    <figcaption>{title}: {lines.map((line, i) => <span><i class={`key key${i}`} style={{ background: `var(${line.color})` }} aria-hidden="true" /> {line.label} <b>{format(line.values.at(-1) ?? null)}</b></span>)}</figcaption>
    <div ref={box} role="img" aria-label={`${title}, the last minutes. Now: ${summary}`} />
  </figure>;
}
