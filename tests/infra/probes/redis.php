<?php
// A municipality fills its own Redis: who holds a lock keeps it, who asks for another one is told that there is no room.

declare(strict_types=1);

$in = json_decode(file_get_contents('php://input'), true);
$redis = new Redis();
$redis->connect("/run/nuage-redis-{$in['code']}/redis.sock");
$done = ['lock' => $redis->set('nuage-test:lock', '1', ['nx', 'ex' => 600])];
$why = '';
for ($i = 0; $i < 200 && $why === ''; ++$i) {
    try {
        $redis->set("nuage-test:$i", str_repeat('x', 1 << 20), ['ex' => 600]);
    } catch (RedisException $error) {
        $why = $error->getMessage();
    }
}
$done['full'] = str_contains($why, 'OOM');
$done['kept'] = $redis->get('nuage-test:lock') === '1';
$redis->del('nuage-test:lock', ...array_map(static fn (int $i): string => "nuage-test:$i", range(0, $i)));
$done['afterwards'] = $redis->set('nuage-test:lock', '1', ['ex' => 1]);
echo json_encode($done);
