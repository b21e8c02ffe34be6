<?php
// What a municipality's PHP can do to another's. Reads {"own", "other", "other_pid", "addresses"} and prints, for each
// attempt, whether it succeeded and what was seen. Nothing here expects a refusal: the test does.
error_reporting(0);
$in = json_decode(file_get_contents('php://input'), true);
$own = $in['own'];
$other = $in['other'];
$seen = [];

function attempt(string $name, callable $try): void
{
    global $seen;
    error_clear_last();
    try {
        $value = $try();
    } catch (\Throwable $error) {
        $value = false;
        $why = $error->getMessage();
    }
    $seen[$name] = ['succeeded' => $value !== false && $value !== null && $value !== [],
        'detail' => $why ?? (error_get_last()['message'] ?? (is_scalar($value) ? substr((string) $value, 0, 200) : ''))];
}

function reach(string $address): bool
{
    $stream = stream_socket_client($address, $code, $why, 3);
    if ($stream === false) {
        throw new RuntimeException($why);
    }
    return true;
}

function database(string $user, string $sql)
{
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $link = new mysqli('localhost', $user, '', '', 0, '/run/mysqld/mysqld.sock');
    return $link->query($sql)->num_rows > 0;
}

$code = substr($other, 1);
foreach (["/srv/tenants/$other", "/srv/tenants/$other/wordpress/wp-content/uploads", '/srv/mysql', "/srv/mysql/$other",
    '/var/lib/nuage', '/var/log', '/root', '/home', '/etc/nginx'] as $folder) {
    attempt("list $folder", fn () => array_diff(scandir($folder) ?: [], ['.', '..']));
}
foreach (["/etc/wordpress/config-$code.php", "/etc/nuage/php/$code-wordpress.conf", '/etc/shadow',
    "/etc/nuage/php/" . substr($own, 1) . "-wordpress.conf",
    "/var/lib/nuage/certificates/{$in['other_domain']}/privkey.pem", '/etc/ssh/ssh_host_ed25519_key',
    "/proc/{$in['other_pid']}/environ", "/proc/{$in['other_pid']}/cmdline", '/proc/1/environ'] as $file) {
    attempt("read $file", fn () => file_get_contents($file));
}
attempt('sign in to the database as the other', fn () => database($other, 'SELECT 1'));
attempt('sign in to the database as root', fn () => database('root', 'SELECT 1'));
attempt("read the other's tables", fn () => database($own, "SELECT * FROM $other.wp_users"));
attempt("see the other's database", fn () => database($own, "SHOW DATABASES LIKE '$other'"));
attempt('read the accounts of the database', fn () => database($own, 'SELECT * FROM mysql.global_priv'));
attempt('read a file through the database', fn () => database($own, "SELECT 1 FROM (SELECT LOAD_FILE('/etc/passwd') AS f) t WHERE f IS NOT NULL"));
foreach (["/run/nuage/wordpress-$code.sock", "/run/nuage-wordpress-php-$code/php.sock", '/run/dbus/system_bus_socket',
    '/run/systemd/private'] as $socket) {
    attempt("connect to $socket", fn () => reach("unix://$socket"));
}
attempt('see processes of others', function () {
    $mine = posix_getuid();
    $found = array_filter(scandir('/proc'), fn ($entry) => ctype_digit($entry) && fileowner("/proc/$entry") !== $mine);
    return implode(' ', $found) ?: false;
});
attempt("signal the other's process", fn () => posix_kill((int) $in['other_pid'], 0));
attempt('signal the first process', fn () => posix_kill(1, 0));
foreach (['/usr/share/wordpress', '/usr/share/wordpress/wp-content', '/etc', '/etc/wordpress', '/var/lib', '/var/tmp/..',
    '/run', '/run/lock', '/dev/shm', '/srv', "/srv/tenants/$own", "/srv/tenants/$own/wordpress/wp-content",
    "/srv/tenants/$own/wordpress/wp-content/plugins", '/usr/share/nuage/wordpress/mu-plugins', '/root'] as $folder) {
    attempt("write in $folder", fn () => file_put_contents("$folder/nuage-probe", 'x'));
}
attempt('run a program', fn () => shell_exec('id'));
attempt('run a program by mail', fn () => function_exists('proc_open') ? 'proc_open' : false);
foreach ($in['addresses'] as $address) {
    attempt("reach $address", fn () => reach($address));
}
// Controls: what must work, so that a probe that refuses everything doesn't pass for isolation.
attempt('control: write its own uploads', fn () => file_put_contents("/srv/tenants/$own/wordpress/wp-content/uploads/nuage-probe.txt", 'x')
    && unlink("/srv/tenants/$own/wordpress/wp-content/uploads/nuage-probe.txt"));
attempt('control: write its temporary files', fn () => file_put_contents('/tmp/nuage-probe', 'x') && unlink('/tmp/nuage-probe'));
attempt('control: read its own database', fn () => database($own, "SELECT * FROM $own.wp_users"));
attempt('control: read its own configuration', fn () => file_get_contents('/etc/wordpress/config-' . substr($own, 1) . '.php'));
attempt('control: see its own processes', fn () => file_get_contents('/proc/' . getmypid() . '/cmdline'));
header('Content-Type: application/json');
echo json_encode($seen, JSON_PARTIAL_OUTPUT_ON_ERROR);
