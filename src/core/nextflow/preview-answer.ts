import { isRecord } from '../system/state-file.ts';
import {
  type BatchSettings,
  type ContainerOptions,
  type Preview,
  type PreviewedProcess,
  type Session,
  SEVERAL,
  type Unknown,
} from './preview.ts';

type Answer = Readonly<Record<string, unknown>>;

/** @throws Error if the answer has not the form that preview.groovy prints. */
export function readPreview(answer: unknown): Preview {
  if (!isRecord(answer)) throw new Error('no object');
  // From 25.10 on `onComplete` happens after an error too, when the graph is not whole.
  if (answer['success'] !== true) throw new Error('the workflow did not succeed');
  const [wave, fusion] = [answer['wave'] === true, answer['fusion'] === true];
  const columns = isRecord(answer['processes']) ? answer['processes'] : undefined;
  // Processes may be missing only with Wave or Fusion; else no processes would be taken for "none asks for a secret".
  if (columns === undefined && answer['wave'] === false && answer['fusion'] === false)
    throw new Error('no processes');
  return {
    session: sessionOf(answer),
    settings: settingsOf(answer),
    ...{ wave, fusion },
    env: answer['env'] === undefined ? [] : list(answer['env']),
    processes: columns === undefined ? [] : processesOf(columns),
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function sessionOf({ session, resumed, locked }: Answer): Session {
  const id = text(session);
  if (id === null || !UUID.test(id)) throw new Error('no session');
  return { id: id.toLowerCase(), resumed: resumed === true, locked: locked === true };
}

function settingsOf(answer: Answer): BatchSettings {
  return {
    region: text(answer['region']),
    profile: text(answer['profile']),
    jobRole: text(answer['jobRole']),
    executionRole: text(answer['executionRole']),
    logsGroup: text(answer['logsGroup']),
    cliPath: text(answer['cliPath']),
    volumes: volumesOf(answer['volumes']),
    // Nextflow takes no other spelling for it.
    fargate: answer['platformType'] === 'fargate',
  };
}

/** Reads a list, or one text with commas. */
const volumesOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value.map(String) : (text(value) ?? '').split(','))
    .map((volume) => volume.trim().replace(/(?<=.)\/+$/, ''))
    .filter((volume) => volume !== '');

/** Reads the table of processes: one column for each field, with a cell for each process. */
function processesOf(columns: Answer): PreviewedProcess[] {
  const column = (name: string): unknown[] => {
    const cells = columns[name];
    if (!Array.isArray(cells)) throw new Error(`no ${name}`);
    return cells;
  };
  const names = column('names');
  return names.map((name, index) => {
    const cell = (of: string): unknown => {
      const cells = column(of);
      if (cells.length !== names.length) throw new Error(`${cells.length} ${of}`);
      return cells[index];
    };
    return {
      name: String(name),
      executor: executorOf(cell('executors')),
      container: known(cell('containers'), textCell),
      image: known(cell('images'), textCell),
      secrets: known(cell('secrets'), texts),
      containerOptions: optionsOf(cell('options')),
      disk: known(cell('disks'), numberCell),
      arch: known(cell('archs'), architecture),
      queues: known(cell('queues'), queuesOf),
    };
  });
}

function known<T>(value: unknown, read: (value: unknown) => T): T | Unknown {
  return isRecord(value) && typeof value['failed'] === 'string' ? { failed: value['failed'] } : read(value);
}

/** @throws Error if there is no executor: without it nothing is known of the run. */
function executorOf(value: unknown): string {
  const name = text(value);
  if (name === null) throw new Error('no executor');
  return name;
}

/** Takes the architecture from `linux/arm64`; since 26.04 a process may have several. */
function architecture(value: unknown): string | null | Unknown {
  const names = (textCell(value)?.split(',') ?? []).map((name) => name.trim().split('/')[1] ?? name);
  return names.length > 1 ? { failed: SEVERAL } : (names[0] ?? null);
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** @throws Error for anything but a text or null: such a value is no default. */
function textCell(value: unknown): string | null {
  if (value !== null && typeof value !== 'string') throw new Error('no text');
  return text(value);
}

function numberCell(value: unknown): number | null {
  if (value !== null && typeof value !== 'number') throw new Error('no number');
  return value;
}

function list(value: unknown): string[] {
  if (!Array.isArray(value)) throw new Error('no list');
  return value.map((one: unknown) => {
    if (typeof one === 'object' && one !== null) throw new Error('no text in a list');
    return String(one);
  });
}

const texts = (value: unknown): string[] => [...new Set(list(value))];

const queuesOf = (value: unknown): string[] =>
  list(value).filter((queue) => queue !== 'null' && queue !== '');

function optionsOf(value: unknown): ContainerOptions | Unknown {
  if (!isRecord(value)) throw new Error('no options');
  // An option of that name would have a list.
  if (typeof value['failed'] === 'string') return { failed: value['failed'] };
  return Object.fromEntries(Object.entries(value).map(([name, values]) => [name, list(values)]));
}
