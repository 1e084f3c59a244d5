/** Charts on canvas, which know nothing of the page's styles by themselves. */
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { onBeforeUnmount, onMounted, watch } from 'vue'
import type { ShallowRef } from 'vue'
import { useTheme } from '../shell/theme'

type Look = Omit<uPlot.Options, 'width' | 'height'>

/** Left and right of what is plotted, in pixels. */
export const INSET = { left: 64, right: 20 }

/** The height of what is written below. */
const FOOT = 30
const FONT = '12px system-ui, sans-serif'

/** Keeps a chart in the element: as large as that, in the colours of the theme, with what there is to be shown. */
export function usePlot(host: Readonly<ShallowRef<HTMLElement | null>>, look: () => Look, data: () => uPlot.AlignedData): void {
  const theme = useTheme()
  let plot: uPlot | null = null

  function draw(): void {
    plot?.destroy()
    plot = host.value && new uPlot({ ...look(), ...sizeOf(host.value) }, data(), host.value)
  }

  const observer = new ResizeObserver(() => { if (host.value) plot?.setSize(sizeOf(host.value)) })
  watch(() => theme.dark, draw, { flush: 'post' })
  watch(data, (now) => plot?.setData(now))
  onMounted(() => {
    draw()
    if (host.value) observer.observe(host.value)
  })
  onBeforeUnmount(() => {
    observer.disconnect()
    plot?.destroy()
  })
}

/** A colour of the page's by the name of its property. */
export function color(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim()
}

export function axis(more: uPlot.Axis): uPlot.Axis {
  const line = { stroke: color('--ui-border'), width: 1 }
  return { stroke: color('--ui-text-muted'), font: FONT, grid: line, ticks: line, size: FOOT, ...more }
}

/** What both charts have: no legend, nor zooming, of their own. */
export function common(pointed: (index: number | null) => void): Pick<Look, 'legend' | 'padding' | 'cursor' | 'hooks'> {
  return {
    legend: { show: false },
    padding: [8, INSET.right, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    hooks: { setCursor: [({ cursor }) => { pointed(cursor.idx ?? null) }] },
  }
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } {
  return { width: clientWidth, height: clientHeight }
}
