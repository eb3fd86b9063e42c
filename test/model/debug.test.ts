import { test } from 'vitest';
import { enact } from './world.ts';
const uni = (filter: string) => ({ name: 'Lab', type: 'MS_ASYNCNOTIFY_UI', filter, style: 'kUniDirectional' });
test('debug', async () => {
  await enact({ room: {"by":"bytes","payload":16,"stallTime":2000,"registrations":3,"channels":3,"queueLength":2,"queueBytes":2,"registrationHeldBytes":1,"sessionHeldBytes":1,"initialBytes":1, registrationHeldObjects: 1e6, sessionHeldObjects: 1e6} as never, steps: [
   {"do":"open","place":3,"asked":uni('kPerUser'),"waits":true},
   {"do":"register","place":0,"pick":0,"asked":uni('kPerUser')},
   {"do":"keep","place":0,"keeps":true},
   {"do":"register","place":1,"pick":0,"asked":uni('kPerUser')},
   {"do":"send","pick":0,"payload":1}, {"do":"send","pick":0,"payload":1},{"do":"send","pick":0,"payload":1},{"do":"send","pick":0,"payload":1},
   {"do":"open","place":4,"asked":uni('kAllUsers'),"waits":true},
   {"do":"send","pick":1,"payload":1},
   {"do":"send","pick":0,"payload":1},
  ] as never }, 'memory');
});
