/** The page: a form that starts a training in a worker, and what is seen of it. */
import { chosenDevice, showDevices } from './device-choice.ts';
import { element, show } from './dom.ts';
import type { Checkpoint, News } from './messages.ts';
import { readout } from './readout.ts';
import { textChoice } from './text-choice.ts';
import { probeDevices, startTraining, type TrainingRun } from './training-run.ts';

const form = element('plan', HTMLFormElement);
const [train, stop, resume, download] = ['train', 'stop', 'resume', 'download'].map((id) =>
  element(id, HTMLButtonElement),
) as [HTMLButtonElement, HTMLButtonElement, HTMLButtonElement, HTMLButtonElement];
const text = textChoice(form);
const view = readout();

let run: TrainingRun | undefined;
let isStopping = false;
/** Of the training that is shown, which goes on with its own file. */
let checkpoint: Checkpoint | undefined;
let file: File | undefined;
let summary = '';

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const chosen = text.file();
  if (chosen === null) return say('Choose a file first, then train.');
  file = chosen;
  checkpoint = undefined;
  start();
});
resume.addEventListener('click', () => form.reportValidity() && start());
stop.addEventListener('click', () => {
  run?.stop();
  isStopping = true;
  showButtons();
  say('Stopping after this step…');
});
download.addEventListener('click', () => {
  if (checkpoint) save(checkpoint);
});

if (window.isSecureContext) probeDevices(hear);
else say('Open this page over https or from localhost: browsers keep threads and GPUs from other pages.', true);

function start(): void {
  const device = chosenDevice(form);
  if (!device || run) return;
  const data = new FormData(form);
  const [steps, hidden] = [Number(data.get('steps')), Number(data.get('hidden'))];
  isStopping = false;
  run = startTraining({ file, device, steps, hidden, from: checkpoint }, hear);
  showButtons();
}

function hear(news: News): void {
  view.add(news);
  switch (news.kind) {
    case 'devices':
      showDevices(news.devices);
      break;
    case 'phase':
      say(`${news.doing}…`);
      break;
    case 'ready':
      summary = news.summary;
      view.begin(news);
      say(summary);
      break;
    case 'checkpoint':
      checkpoint = news.checkpoint;
      break;
    case 'end':
      run = undefined;
      say(
        `${news.step < news.steps ? `Stopped after step ${news.step}` : `All ${news.steps} steps are done`}. ${summary}`,
      );
      break;
    case 'error':
      run = undefined;
      say(news.message, true);
  }
  showButtons();
}

function showButtons(): void {
  train.disabled = run !== undefined || chosenDevice(form) === undefined;
  stop.disabled = run === undefined || isStopping;
  resume.disabled = run !== undefined || checkpoint === undefined;
  download.disabled = checkpoint === undefined;
}

function say(sentence: string, isBad = false): void {
  show('status', sentence);
  element('status', HTMLElement).classList.toggle('bad', isBad);
}

/** Of the last checkpoint: `start --resume` and `evaluate.ts` read it too. */
function save({ file, step }: Checkpoint): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `char-lm-step-${step}.safetensors`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}
