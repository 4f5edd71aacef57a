/** What a test asks of a page: a task by name. */
export interface Job {
  readonly task: 'agree' | 'tableParity' | 'train' | 'trainWithWorkerFile';
  readonly args: readonly unknown[];
}
