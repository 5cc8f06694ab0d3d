/** The service that assumes the roles of tasks. */
export const TASK_SERVICE = 'ecs-tasks.amazonaws.com';

/** The domain of service names in a partition. */
export const serviceDomain = (partition: string): string =>
  partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
