import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { fakeDesk, refusal } from '../../testing'
import { useAlerts } from '../alerts/store'
import { useUndo } from './store'

const UNDONE = { position: 9, undone: [], job: null }

function opened(answer: unknown) {
  const desk = fakeDesk({ 'POST /api/undo': answer, 'POST /api/undo/7': answer })
  vi.stubGlobal('fetch', desk.fetch)
  return { store: useUndo(), alerts: useAlerts(), ...desk }
}

const press = (label: string) => {
  const told = useAlerts().alerts.find(({ action }) => action?.label === label)
  told?.action?.run()
  return told
}

beforeEach(() => { setActivePinia(createPinia()) })

it('undoes by the account under which it was done, and that undo by its own', async () => {
  const { store, sent } = opened(UNDONE)
  const accounts: string[] = []
  for (const words of ['One', 'Two']) await store.act(words, (account) => Promise.resolve(accounts.push(account)))
  await store.undo()
  expect(sent).toEqual([{ correlation_id: accounts[1], force: false }])
  const [undoing] = store.undone
  await store.redo()
  expect(sent[1]).toEqual({ correlation_id: undoing?.account, force: false })
  expect(store.done.map(({ words }) => words)).toEqual(['One', 'Two'])
  expect(store.done[1]?.account).not.toBe(accounts[1])
})

it('offers to undo what it tells of, and to do it again', async () => {
  const { store, asked } = opened(UNDONE)
  await store.act('Moved to the trash', () => Promise.resolve(1), true)
  expect(press('Undo')?.title).toBe('Moved to the trash')
  await vi.waitFor(() => { expect(press('Redo')?.title).toBe('Undone: Moved to the trash') })
  await vi.waitFor(() => { expect(asked).toHaveLength(2) })
})

it('asks before it takes back what was changed since', async () => {
  const { store, sent, alerts } = opened(refusal(409, 'undo_superseded'))
  await store.act('Rated', () => Promise.resolve(1))
  await store.undo()
  expect(alerts.alerts).toMatchObject([{ title: 'Not undone: Rated', words: 'Because.' }])
  press('Undo anyway')
  await vi.waitFor(() => { expect(sent).toMatchObject([{ force: false }, { force: true }]) })
})

it('tells any other refusal in the desk’s words, and has nothing to do again', async () => {
  const { store, alerts } = opened(refusal(409, 'cannot_undo'))
  await store.act('Rated', () => Promise.resolve(1))
  await store.undo()
  expect(alerts.alerts).toMatchObject([{ level: 'error', words: 'Because.' }])
  expect([store.done, store.undone]).toEqual([[], []])
})

it('says where nothing was left, and where there is nothing', async () => {
  const { store, alerts } = opened({ ...UNDONE, position: null })
  await store.act('Rated', () => Promise.resolve(1))
  await store.undo()
  await store.undo()
  expect(alerts.alerts.map(({ title }) => title)).toEqual(['Nothing was left to undo', 'Nothing to undo'])
})

it('undoes an event of the timeline by its position, and that undo as any other', async () => {
  const { store, asked } = opened(UNDONE)
  await store.undoEvent(7, 'You rated')
  await store.redo()
  expect(asked).toEqual(['POST /api/undo/7', 'POST /api/undo'])
})

it('waits with undoing until what is to be undone is done', async () => {
  const { store, asked } = opened(UNDONE)
  let answer: (value: number) => void = () => undefined
  const doing = store.act('Slow', () => new Promise<number>((resolve) => { answer = resolve }), true)
  const undoing = store.undo()
  expect(asked).toEqual([])
  answer(1)
  await Promise.all([doing, undoing])
  expect(asked).toEqual(['POST /api/undo'])
  expect(useAlerts().alerts.map(({ title }) => title)).toEqual(['Undone: Slow'])
})

it('remembers nothing of what was refused, and nothing to do again once something else was done', async () => {
  const { store } = opened(UNDONE)
  await store.act('One', () => Promise.resolve(1))
  await store.undo()
  expect(store.undone).toHaveLength(1)
  await store.act('Two', () => fetch('/nowhere').then(() => undefined, () => undefined))
  expect([store.done.length, store.undone.length]).toEqual([0, 1])
  await store.act('Three', () => Promise.resolve(1))
  expect([store.done.length, store.undone.length]).toEqual([1, 0])
})
