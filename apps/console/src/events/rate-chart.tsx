import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useNow } from '../layout/now.ts';
import { intervalSeconds, ratesOf, type Rates } from './rates.ts';

const height = 92;
const darkScheme = globalThis.matchMedia('(prefers-color-scheme: dark)');

/** Events per ten seconds over the last five minutes. */
export default function RateChart({ instants }: { readonly instants: readonly number[] }) {
  const interval = Math.floor(useNow() / intervalSeconds);
  const rates = useMemo(() => ratesOf(instants, interval * intervalSeconds), [instants, interval]);
  const total = rates.counts.reduce((sum, count) => sum + count, 0);
  const most = Math.max(...rates.counts);
  return (
    <figure className="rate-chart">
      <div role="img" aria-label={`${String(total)} events in five minutes, at most ${String(most)} in ten seconds.`}>
        <Plot rates={rates} />
      </div>
      <figcaption className="hint">
        Events per 10 s, last 5 min <span className="rate-chart__total">{total}</span>
      </figcaption>
    </figure>
  );
}

function Plot({ rates }: { readonly rates: Rates }) {
  const place = useRef<HTMLDivElement>(null);
  const [plot, setPlot] = useState<UPlot>();
  const isDark = useSyncExternalStore(subscribeToScheme, () => darkScheme.matches);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const made = new UPlot(optionsFor(element), [[], []], element);
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    setPlot(made);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [isDark]);

  useEffect(() => {
    plot?.setData([[...rates.starts], [...rates.counts]]);
  }, [plot, rates]);
  return <div ref={place} className="rate-chart__plot" />;
}

function optionsFor(element: HTMLElement): UPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis: UPlot.Axis = {
    stroke: color('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(4, most)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 22, values: (_plot, splits) => splits.map(timeOfDay) },
      { ...axis, size: 26, splits: (_plot, _axis, least, most) => [least, most] },
    ],
    series: [
      {},
      {
        fill: color('--accent'),
        width: 0,
        points: { show: false },
        paths: UPlot.paths.bars?.({ size: [0.75, 12], align: 1 }) ?? (() => null),
      },
    ],
  };
}

function timeOfDay(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
}

function subscribeToScheme(listener: () => void): () => void {
  darkScheme.addEventListener('change', listener);
  return () => {
    darkScheme.removeEventListener('change', listener);
  };
}
