/** What a test asks of a page: a task by name. */
export interface Job {
  readonly task: 'agree' | 'train' | 'trainWithWorkerFile';
  readonly args: readonly unknown[];
}
