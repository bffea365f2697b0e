import { type Command, Option } from 'commander';
import { ConfigError, MODEL_KINDS, type ModelManifest, totalBytes } from '@sotto/pipeline';
import type { ConsoleIo } from '../console/console-io.ts';
import { formatBytes } from '../console/progress.ts';
import { describeOffer, pullWithProgress, useByDefault } from '../console/pull-with-progress.ts';
import { table } from '../console/table.ts';
import type { SottoCommand } from '../main.ts';
import { bundledModel } from '../models/bundled-models.ts';
import { CATALOGUE, catalogueEntry, RECOMMENDED } from '../models/catalogue.ts';
import { importModel } from '../models/import-model.ts';
import type { LocatedModel } from '../models/model-folder.ts';
import { ModelStore } from '../models/model-store.ts';
import { readUserConfig, writeUserConfig } from '../models/user-config.ts';
import { configFile, modelsFolder } from '../models/user-folders.ts';
import { verifyModel } from '../models/verify-model.ts';

type JsonOption = { readonly json?: true };

export const command: SottoCommand = {
  register(program, io) {
    const models = program.command('models').description('list, pull, check and remove models').addHelpText('after', `\nModels are kept in ${modelsFolder(io.env)} (SOTTO_MODELS changes that).`);
    const add = (usage: string, description: string): Command => models.command(usage).description(description).option('--json', 'as JSON');
    add('list', 'models that are here and models that can be pulled').action((options: JsonOption) => list(options, io));
    add('pull [names...]', `download models; without a name the recommended ones: ${Object.values(RECOMMENDED).join(', ')}`)
      .option('--yes', 'do not ask')
      .option('--no-default', 'do not make them the ones used when nothing else is said')
      .action((names: string[], options: PullCommandOptions) => pull(names, options, io));
    add('verify [names...]', 'check every byte of installed models').action((names: string[], options: JsonOption) => verify(names, options, io));
    add('import <folder>', 'copy a model from a folder or a .gguf file, for machines without a network')
      .addOption(new Option('--as <name>', 'hold it to the digests of this known model'))
      .action((folder: string, options: JsonOption & { as?: string }) => importFrom(folder, options, io));
    add('remove <names...>', 'delete installed models').action((names: string[]) => remove(names, io));
    add('licences', 'who may do what with which model').action((options: JsonOption) => licences(options, io));
  },
};

async function list({ json }: JsonOption, io: ConsoleIo): Promise<void> {
  const installed = await new ModelStore(modelsFolder(io.env)).list();
  const bundled = await bundledModels();
  const defaults = (await readUserConfig(configFile(io.env))).models ?? {};
  const isDefault = ({ kind, id }: ModelManifest) => (defaults[kind] ?? bundled.find(({ manifest }) => manifest.kind === kind)?.manifest.id) === id;
  const here = [...bundled, ...installed].map(({ manifest, directory }) => ({ manifest, directory, state: isDefault(manifest) ? 'in use' : 'installed' }));
  const known = CATALOGUE.filter(({ id }) => !installed.some(({ manifest }) => manifest.id === id)).map((manifest) => ({ manifest, directory: undefined, state: '' }));
  if (json) return io.out(JSON.stringify([...here, ...known].map(({ manifest, directory, state }) => ({ ...manifest, directory, state: state || 'available' }))));
  const rows = [...here, ...known].map(({ manifest, state }) => [manifest.id, manifest.kind, state, sizeOf(manifest), parametersOf(manifest), manifest.languages.join(' '), manifest.licence.name]);
  for (const line of table(['name', 'kind', 'state', 'size', 'parameters', 'languages', 'licence'], rows, [3, 4])) io.out(line);
}

type PullCommandOptions = JsonOption & { readonly yes?: true; readonly default: boolean };

async function pull(names: readonly string[], options: PullCommandOptions, io: ConsoleIo): Promise<void> {
  const wanted = (names.length > 0 ? names : Object.values(RECOMMENDED)).map((name) => catalogueEntry(name));
  const store = new ModelStore(modelsFolder(io.env));
  if (!options.yes && io.isTerminal) {
    for (const manifest of wanted) io.note(describeOffer(manifest));
    const answer = await io.ask('Pull? [Y/n] ');
    if (answer !== undefined && /^n/i.test(answer)) return;
  }
  const pulled = [];
  for (const manifest of wanted) {
    const model = await pullWithProgress(manifest, store, io);
    pulled.push(model);
    if (options.json) io.out(JSON.stringify({ id: manifest.id, directory: model.directory, recorded: model.recorded }));
    else io.out(`${manifest.id} is installed in ${model.directory}`);
  }
  if (options.default) await useByDefault(pulled, io);
}

async function verify(names: readonly string[], { json }: JsonOption, io: ConsoleIo): Promise<void> {
  const store = new ModelStore(modelsFolder(io.env));
  const models = names.length > 0 ? await Promise.all(names.map((name) => store.locate(name))) : await store.list();
  for (const model of models) {
    await verifyModel(model, { signal: io.signal, onFile: (file) => io.rewriteNote(`checking ${model.manifest.id}/${file.path}`) });
    io.out(json ? JSON.stringify({ id: model.manifest.id, ok: true, fileCount: model.manifest.files.length }) : `${model.manifest.id}: ${model.manifest.files.length} files are as recorded`);
  }
  if (models.length === 0) io.note('No models are installed');
}

async function importFrom(folder: string, { as, json }: JsonOption & { as?: string }, io: ConsoleIo): Promise<void> {
  const store = new ModelStore(modelsFolder(io.env));
  const { manifest, directory } = await importModel(folder, store, { ...(as !== undefined && { as }), signal: io.signal, onFile: (file) => io.rewriteNote(`copying ${file.path}`) });
  io.out(json ? JSON.stringify({ id: manifest.id, directory, files: manifest.files }) : `${manifest.id} (${manifest.kind}) is installed in ${directory}`);
}

async function remove(names: readonly string[], io: ConsoleIo): Promise<void> {
  const store = new ModelStore(modelsFolder(io.env));
  for (const name of names) {
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(name)) throw new ConfigError('VOICE_ERR_INVALID_OPTION', `${name} is no model's name; sotto models list shows them`);
    io.out((await store.remove(name)) ? `${name} is removed` : `${name} is not installed`);
    await forgetDefault(name, io);
  }
}

async function forgetDefault(name: string, io: ConsoleIo): Promise<void> {
  const path = configFile(io.env);
  const config = await readUserConfig(path);
  const { models = {}, ...rest } = config;
  const kept = Object.entries(models).filter(([, id]) => id !== name);
  if (kept.length < Object.keys(models).length) await writeUserConfig(path, { ...rest, ...(kept.length > 0 && { models: Object.fromEntries(kept) }) });
}

async function licences({ json }: JsonOption, io: ConsoleIo): Promise<void> {
  const installed = await new ModelStore(modelsFolder(io.env)).list();
  const manifests = [...(await bundledModels()), ...installed].map(({ manifest }) => manifest);
  const all = [...manifests, ...CATALOGUE.filter(({ id }) => !manifests.some((manifest) => manifest.id === id))];
  if (json) return io.out(JSON.stringify(all.map(({ id, title, licence }) => ({ id, title, licence, here: manifests.some((manifest) => manifest.id === id) }))));
  for (const { id, title, licence } of all) io.out(`${id} (${title}): ${licence.name}, ${licence.url}${licence.note ? `\n  ${licence.note}` : ''}`);
  io.out('espeak-ng (inside the npm package phonemizer, turns text into phonemes for Kokoro): GPL-3.0-or-later, https://github.com/espeak-ng/espeak-ng');
}

/** Those that came with Sotto; a kind that this copy lacks is left out of lists. */
async function bundledModels(): Promise<LocatedModel[]> {
  const models = await Promise.allSettled(MODEL_KINDS.map((kind) => bundledModel(kind)));
  return models.flatMap((model) => (model.status === 'fulfilled' ? [model.value] : []));
}

function sizeOf(manifest: ModelManifest): string {
  const bytes = totalBytes(manifest);
  if (bytes !== undefined) return formatBytes(bytes);
  const knownBytes = manifest.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  return knownBytes > 1e6 ? `> ${formatBytes(knownBytes)}` : '?';
}

function parametersOf({ parameters: { total, active } }: ModelManifest): string {
  const short = (count: number) => (count >= 1e9 ? `${(count / 1e9).toFixed(1)}B` : count >= 1e6 ? `${Math.round(count / 1e6)}M` : `${Math.round(count / 1e3)}k`);
  return total === active ? short(total) : `${short(total)} (${short(active)} active)`;
}
