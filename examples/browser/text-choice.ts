/** The text to learn: Moby Dick, or a file, chosen or dropped anywhere on the page. Only the worker reads it. */
import { thousands } from '../char-lm/format.ts';
import { element, show } from './dom.ts';

export interface TextChoice {
  /** Undefined is Moby Dick. Asks for a file where one is wanted and none was given, and returns null. */
  file(): File | undefined | null;
}

export function textChoice(form: HTMLFormElement): TextChoice {
  const input = element('file', HTMLInputElement);
  let own: File | undefined;
  const take = (file: File | undefined): void => {
    if (!file) return;
    own = file;
    show('own-name', `${file.name}, ${thousands(file.size)} bytes`);
    const radio = form.querySelector<HTMLInputElement>('input[value=own]');
    if (radio && !radio.disabled) radio.checked = true;
  };
  input.addEventListener('change', () => take(input.files?.[0]));
  acceptDrops(take);
  return {
    file() {
      if (new FormData(form).get('text') === 'moby-dick') return undefined;
      if (!own) input.click();
      return own ?? null;
    },
  };
}

function acceptDrops(take: (file: File | undefined) => void): void {
  const mark = (isOver: boolean): void => void document.body.classList.toggle('dropping', isOver);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    mark(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) mark(false);
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    mark(false);
    take(event.dataTransfer?.files[0]);
  });
}
