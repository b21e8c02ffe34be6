<?php
// What Nextcloud's PHP of one municipality can reach of another's: each answer but the first is to be false.

declare(strict_types=1);

$in = json_decode(file_get_contents('php://input'), true);
$other = $in['other'];
$read = static fn (string $path): bool => @file_get_contents($path) !== false;
$done = [
    'own configuration' => $read("/srv/tenants/{$in['own']}/nextcloud/config/config.php"),
    'configuration' => $read("/srv/tenants/$other/nextcloud/config/config.php"),
    'data' => @scandir("/srv/tenants/$other/nextcloud/data") !== false,
    'log' => $read("/srv/tenants/$other/nextcloud/log/nextcloud.log"),
    'golden' => @scandir('/srv/nextcloud-golden') !== false,
    'space' => $read('/run/nuage-space/' . substr($other, 1) . '.json'),
    'list of spaces' => @scandir('/run/nuage-space') !== false,
    'environment' => $read('/proc/1/environ'),
];
$doors = ["/run/nuage/nextcloud-{$in['other_code']}.sock", "/run/nuage-redis-{$in['other_code']}/redis.sock"];
foreach ($doors as $door) {
    $done[$door] = @stream_socket_client("unix://$door", $code, $why, 2) !== false;
}
$others = ["user={$in['own']} dbname=$other", "user=$other dbname=$other"];
foreach ([...$others, 'user=postgres dbname=postgres', 'user=golden dbname=postgres'] as $who) {
    try {
        new PDO("pgsql:host=/run/postgresql;" . str_replace(' ', ';', $who));
        $done[$who] = true;
    } catch (PDOException) {
        $done[$who] = false;
    }
}
echo json_encode($done);
