/** Made-up things for tests: whole, so that a test names only what it is about. */
import type {
  Crash, DeviceMemory, Estimate, Generation, Holder, Image, ImagePreset, LanguagePreset, Memory, MemoryMeasurement, MemoryPlan,
  Model, Queue, Recipe, RecordedEvent, TimelineEntry, Worker,
} from './api/types'

export function aRecipe(named: Partial<Recipe> = {}): Recipe {
  return {
    prompt: 'a blue robot at night', negative_prompt: 'fog', preset: 'starter', preset_name: 'Starter',
    sampler: 'euler', sigma_schedule: 'discrete', steps: 16, cfg: 2, guidance: 3.5, seed: 7,
    width: 128, height: 128, batch: 1,
    ...named,
  }
}

export function aGeneration(id: string, named: Partial<Generation> = {}): Generation {
  return {
    id, status: 'queued', recipe: aRecipe(), images: [], requested_at: '2026-05-01T10:00:00Z',
    started_at: null, ended_at: null, attempts: 0, failure: null,
    ...named,
  }
}

export function aQueue(named: Partial<Queue> = {}): Queue {
  return { paused: false, running: [], queued: [], interrupted: [], ...named }
}

export function anImage(id: string, named: Partial<Image> = {}): Image {
  return {
    id, generation: 'g', index: 0, seed: 7, width: 128, height: 128, made_at: '2026-05-01T10:00:00Z', file_size: 20_000,
    pixels_sha256: 'ab'.repeat(32), rating: 0, favorite: false, tags: [], trashed: false,
    missing: false, file: `/api/images/${id}/file`, thumbnail: null, recipe: aRecipe(),
    ...named,
  }
}

export function aPreset(named: Partial<ImagePreset> = {}): ImagePreset {
  return {
    id: 'starter', name: 'Starter', family: 'flux', notes: '', width: 128, height: 128, steps: 16, cfg: 2, guidance: 3.5,
    sampler: 'euler', sigma_schedule: 'discrete', multiple: 16, memory_flags: [], cover: null, cover_address: null, files: [], loras: [],
    size_mb: 86, available: true, problem: '',
    ...named,
  }
}

export function aModel(id: string, named: Partial<Model> = {}): Model {
  return {
    id, name: id, root: '/models', size: 1 << 20, changed: '2026-05-01T10:00:00Z', inspected: true, ok: true, format: 'safetensors',
    kind: '', title: '', family: '', parts: [], holds: [], tensors: 1, parameters: 1, quantisation: 'f16', weights: {},
    pickle: false, language: null, metadata: {}, problems: [], sha256: '', short_hash: '', old_short_hash: '',
    ...named,
  }
}

export function anEstimate(named: Partial<Estimate> = {}): Estimate {
  return {
    device: 'cpu', total_mb: 8000, available_mb: 6000, peak_mb: 100, process_mb: 60, weights_mb: {}, context_mb: 0, compute_mb: {},
    safety_mb: 20, known: 'estimated', measured: 0, fits: true, gives: [], would_fit: null,
    ...named,
  }
}

export function aLanguagePreset(named: Partial<LanguagePreset> = {}): LanguagePreset {
  return {
    id: 'talker', name: 'Talker', notes: '', files: [{ part: 'model', id: 'tiny', name: 'llm/tiny.gguf', size: 1_800_000, sha256: 'ef'.repeat(32) }],
    context: 2048, kv_cache: 'f16', memory_flags: [],
    defaults: { temperature: 0.8, top_p: 0.95, top_k: 40, min_p: 0.05, max_tokens: 512 },
    prompts: { assistant: '', enhance: '', describe: '' }, size_mb: 1.7, available: true, problem: '',
    ...named,
  }
}

export function anEvent(type: string, stream: string, named: Partial<RecordedEvent> = {}): RecordedEvent {
  return {
    position: 1, type, schema: 1, stream, version: 1, actor: 'desk', recorded_at: '2026-05-01T10:00:00Z',
    command_id: 'c', correlation_id: 'c', causation: null, data: {},
    ...named,
  }
}

export function anEntry(type: string, named: Partial<TimelineEntry> = {}): TimelineEntry {
  const position = named.position ?? 1
  return {
    ...anEvent(type, 'image-i', { position }), kind: 'image', day: '2026-05-01', undoable: false, why_not: '',
    about: { images: [], thumbnails: [], prompt: null, preset: null, job: null, before: null, seconds: null },
    group: { first: position, last: position, types: { [type]: 1 } },
    ...named,
  }
}

export function aMemory(named: Partial<Memory> = {}): Memory {
  return { device: 'cpu', allocated_mb: 0, free_mb: 6000, total_mb: 8000, rss_mb: 0, ...named }
}

export function aPlan(named: Partial<MemoryPlan> = {}): MemoryPlan {
  return {
    position: 1, planned_at: '2026-05-01T10:00:00Z', purpose: 'picture', preset_id: 'starter', generation_id: 'g',
    width: 128, height: 128, device: 'cpu', total_mb: 8000, free_mb: 6000, others_mb: 1000, room_mb: 6000, available_mb: 6000,
    weights_mb: { diffusion: 80 }, phases: [{ name: 'sampling', component: 'diffusion', compute_mb: 40 }], process_mb: 60,
    safety_mb: 20, context_mb: 0, needed_mb: 200, planned_mb: 200, planned_ram_mb: 0, max_vram_mb: null, fits: true,
    known: 'estimated', steps: [], unloads: [], mitigations: [], reload: true, conservative: false, short_mb: 0,
    short_ram_mb: 0, would_fit: '',
    ...named,
  }
}

export function aMeasurement(named: Partial<MemoryMeasurement> = {}): MemoryMeasurement {
  return {
    position: 2, measured_at: '2026-05-01T10:00:01Z', generation_id: 'g', image_id: 'i', preset_id: 'starter', device: 'cpu',
    width: 128, height: 128, predicted_mb: 110, measured_mb: 100, error: 0.1, known: 'learned',
    ...named,
  }
}

export function aDevice(named: Partial<DeviceMemory> = {}): DeviceMemory {
  return { ...aMemory(), committed_mb: 0, simulated: false, owners: [], ...named }
}

export function aHolder(named: Partial<Holder> = {}): Holder {
  return {
    owner: 'image', preset_id: 'starter', preset: 'Starter', mb: 80, ram_mb: 0, soft_mb: 0, process_mb: 60, busy: false,
    mitigations: [],
    ...named,
  }
}

export function aWorker(kind: string, memory: Memory | null): Worker {
  return {
    kind, pid: 1, state: 'idle', restarts: 0, engine: '', engine_version: '', backend: '', model_loaded: null, memory,
    problem: '', log_tail: '',
  }
}

export function aCrash(named: Partial<Crash> = {}): Crash {
  return {
    at: '2026-05-01T10:00:00Z', kind: 'exception', ended: true, words: 'The desk made a mistake.', report: 'Traceback',
    dismissed: false,
    ...named,
  }
}

/** Answers requests from a table of `GET /path` to what comes back, and keeps what was asked. */
export function fakeDesk(answers: Record<string, unknown>): { fetch: typeof globalThis.fetch; asked: string[]; sent: unknown[] } {
  const asked: string[] = []
  const sent: unknown[] = []
  const answer = (path: unknown, { method, body }: RequestInit = {}): Promise<Response> => {
    const call = `${method ?? 'GET'} ${String(path)}`
    asked.push(call)
    sent.push(typeof body === 'string' ? JSON.parse(body) : null)
    const found = answers[call]
    return found === undefined ? Promise.reject(new TypeError('no such desk')) : Promise.resolve(respond(found))
  }
  return { fetch: answer, asked, sent }
}

function respond(answer: unknown): Response {
  return answer instanceof Response ? answer.clone() : Response.json(answer)
}

export function refusal(status: number, code: string): Response {
  const problem = { type: 'about:blank', title: 'No', status, detail: 'Because.', code, advice: '', request_id: 'r', facts: {} }
  return new Response(JSON.stringify(problem), { status, headers: { 'content-type': 'application/problem+json' } })
}
