import { test } from 'vitest';
import { enact } from './world.ts';
const uni = { name: 'Lab', type: 'MS_ASYNCNOTIFY_UI', filter: 'kPerUser', style: 'kUniDirectional' };
test.each(['cut','killSpooler','removePrinter'])('debug %s', async (what) => {
  await enact({ room: {"by":"objects","payload":16,"stallTime":2000,"registrations":3,"channels":3,"queueLength":1,"queueBytes":1e6,"registrationHeldBytes":1e6,"sessionHeldBytes":1e6,"initialBytes":1e6, registrationHeldObjects: 1, sessionHeldObjects: 1} as never, steps: [
   {"do":"open","place":3,"asked":uni,"waits":true},
   {"do":"register","place":0,"pick":0,"asked":uni},
   {"do":"keep","place":0,"keeps":true},
   {"do":"send","pick":0,"payload":1}, {"do":"send","pick":0,"payload":1},{"do":"send","pick":0,"payload":1},{"do":"send","pick":0,"payload":1},
   {"do":what,"place":3, name: 'Lab'},
  ] as never }, 'memory');
});
