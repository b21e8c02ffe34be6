<?php
// What a municipality's PHP can do to another's and to the server. Reads {"own", "own_pid", "other", "other_domain", "other_pid",
// "socket", "memory", "addresses", "names"} and prints, for each attempt, whether it succeeded and what was seen. Nothing here expects a
// refusal: the test does.
error_reporting(0);
set_time_limit(110);
$in = json_decode(file_get_contents('php://input'), true);
$own = $in['own'];
$other = $in['other'];
$code = substr($other, 1);
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
    $seen[$name] = ['succeeded' => $value !== false && $value !== null && $value !== [] && $value !== '',
        'detail' => $why ?? (error_get_last()['message'] ?? (is_scalar($value) ? substr((string) $value, 0, 200) : ''))];
}

function reach(string $address): bool
{
    $stream = stream_socket_client($address, $number, $why, 3);
    if ($stream === false) {
        throw new RuntimeException($why);
    }
    if (str_starts_with($address, 'udp:')) {
        // Nothing is known of a datagram until the kernel took it.
        return fwrite($stream, str_repeat('x', 12)) === 12;
    }
    return true;
}

function database(string $user, string $sql, int $flags = 0)
{
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $link = mysqli_init();
    $link->options(MYSQLI_OPT_LOCAL_INFILE, 1);
    $link->real_connect('localhost', $user, '', '', 0, '/run/mysqld/mysqld.sock', $flags);
    $result = $link->query($sql);
    return $result instanceof mysqli_result ? implode(' ', array_map('json_encode', $result->fetch_all())) : $result;
}

$listed = ["/srv/tenants/$other", "/srv/tenants/$other/wordpress/wp-content/uploads", "/srv/tenants/$other/cache", '/srv/mysql',
    "/srv/mysql/$other", '/proc', '/proc/self/net', '/sys', '/sys/fs/cgroup', '/run', '/var/lib', '/var/lib/nuage', '/var/log', '/var/log/journal', '/run/log', '/root', '/home', '/etc/nginx', '/etc/nuage/php', '/etc/nuage/wordpress', '/etc/wordpress',
    '/etc/nftables.d', '/etc/systemd/system',
    '/etc/ssh', '/run/nuage', '/run/user', '/proc/1/fd', '/proc/1/cwd', "/proc/{$in['other_pid']}/root",
    "/proc/{$in['other_pid']}/cwd", '/proc/self/root/srv/mysql', "/tmp/../../$other", '/var/backups', '/var/spool/cron'];
foreach ($listed as $folder) {
    attempt("list $folder", fn () => implode(' ', array_diff(scandir($folder) ?: [], ['.', '..'])));
}
$read = ["/etc/wordpress/config-$code.php", "/etc/nuage/php/$code-wordpress.conf", '/etc/shadow', '/etc/gshadow',
    "/var/lib/nuage/certificates/{$in['other_domain']}/privkey.pem",
    '/etc/ssh/ssh_host_ed25519_key', "/proc/{$in['other_pid']}/environ", "/proc/{$in['other_pid']}/cmdline",
    "/proc/{$in['other_pid']}/status", '/proc/1/environ', '/proc/1/cmdline', '/proc/kcore', '/proc/kmsg', '/proc/kallsyms',
    '/proc/sysrq-trigger', '/proc/net/unix', '/proc/self/net/unix', '/proc/self/mountinfo', '/dev/mem', '/dev/kmsg', '/dev/loop0', '/dev/btrfs-control', '/etc/mysql/debian.cnf'];
foreach ($read as $file) {
    attempt("read $file", fn () => file_get_contents($file, false, null, 0, 64));
}
attempt("read the other's file through a link of its own", function () use ($own, $code) {
    $link = "/srv/tenants/$own/tmp/nuage-probe-link";
    unlink($link);
    symlink("/etc/wordpress/config-$code.php", $link);
    return file_get_contents($link);
});
attempt("link the other's file into its own", fn () => link("/srv/tenants/$other/wordpress", "/srv/tenants/$own/tmp/nuage-probe-hard"));
attempt("see the visitors of others", function () {
    // Addresses of citizens who visit a neighbour are personal information.
    $rows = array_slice(file('/proc/self/net/tcp') ?: [], 1);
    return implode('', array_filter($rows, fn ($row) => (int) preg_split('/\s+/', trim($row))[7] !== posix_getuid()));
});
attempt('see the sockets of others', fn () => implode('', preg_grep('~/run/nuage~', file('/proc/self/net/unix') ?: [])));

attempt('sign in to the database as the other', fn () => database($other, 'SELECT 1'));
attempt('sign in to the database as root', fn () => database('root', 'SELECT 1'));
attempt('sign in to the database as mysql', fn () => database('mysql', 'SELECT 1'));
$queries = [
    "read the other's tables" => "SELECT * FROM $other.wp_users",
    "see the other's database" => "SHOW DATABASES LIKE '$other'",
    "see the other's database in the schema" => "SELECT schema_name FROM information_schema.schemata WHERE schema_name='$other'",
    "see the other's tables in the schema" => "SELECT table_name FROM information_schema.tables WHERE table_schema='$other'",
    "see the other's queries" => "SELECT id FROM information_schema.processlist WHERE user NOT IN ('$own')",
    'see the files of the engine' => 'SELECT name FROM information_schema.innodb_sys_tablespaces',
    'read the accounts of the database' => 'SELECT * FROM mysql.global_priv',
    'read a file through the database' => "SELECT f FROM (SELECT LOAD_FILE('/etc/passwd') AS f) t WHERE f IS NOT NULL",
    'write a file through the database' => "SELECT 'x' INTO OUTFILE '/srv/mysql/$other/nuage-probe'",
    'load a file into a table' => "LOAD DATA INFILE '/etc/passwd' INTO TABLE $own.wp_terms",
    'load a local file into a table' => "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE $own.wp_terms",
    "put a table in the other's folder" => "CREATE TABLE $own.nuage_probe (a INT) DATA DIRECTORY='/srv/mysql/$other'",
    'make a database' => 'CREATE DATABASE nuage_probe',
    "make a table in the other's database" => "CREATE TABLE $other.nuage_probe (a INT)",
    'make an account' => "CREATE USER nuage_probe@localhost IDENTIFIED BY 'x'",
    'give itself rights' => "GRANT ALL ON *.* TO $own@localhost",
    'load a library' => "INSTALL SONAME 'ha_connect'",
    'make a native function' => "CREATE FUNCTION lib_mysqludf_sys_info RETURNS STRING SONAME 'lib_mysqludf_sys.so'",
    'schedule an event' => "CREATE EVENT $own.nuage_probe ON SCHEDULE EVERY 1 SECOND DO SELECT 1",
    'change a setting of all' => 'SET GLOBAL max_connections = 1',
    'lift its own time limit for all' => 'SET GLOBAL max_statement_time = 0',
    'make a temporary table, in the file of all' => "CREATE TEMPORARY TABLE $own.nuage_probe (a INT)",
    'turn the log to a file' => "SET GLOBAL general_log_file = '/srv/mysql/$other/nuage-probe'",
    'use another engine' => "CREATE TABLE $own.nuage_probe (a INT) ENGINE=MyISAM",
    'flush the tables of all' => 'FLUSH TABLES WITH READ LOCK',
    'shut the database down' => 'SHUTDOWN',
];
foreach ($queries as $name => $sql) {
    attempt($name, fn () => database($own, $sql));
}
attempt('raise its share of temporary room', function () use ($own) {
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $link = new mysqli('localhost', $own, '', '', 0, '/run/mysqld/mysqld.sock');
    $room = fn () => (int) $link->query('SELECT @@max_tmp_session_space_usage')->fetch_column();
    $before = $room();
    // Taken, with a warning, for the most that a session may have. 0 lifts the limit: see test_filling for that one.
    $link->query('SET SESSION max_tmp_session_space_usage = 1099511627776');
    if ($room() > $before) {
        return $room();
    }
    throw new RuntimeException("still $before bytes");
});
attempt("end the other's connections", function () use ($own) {
    $link = new mysqli('localhost', $own, '', '', 0, '/run/mysqld/mysqld.sock');
    $why = new RuntimeException('none there');
    for ($id = $link->thread_id - 1; $id > max(0, $link->thread_id - 500); $id--) {
        try {
            return $link->query("KILL $id");
        } catch (\Throwable $error) {
            // 1094: nobody's; 1095: somebody else's.
            $why = $error->getCode() === 1095 ? $error : $why;
        }
    }
    throw $why;
});

foreach (["/run/nuage/wordpress-$code.sock", '/run/dbus/system_bus_socket',
    '/run/systemd/private', '/run/systemd/io.systemd.ManagedOOM', '/run/systemd/userdb/io.systemd.DynamicUser'] as $socket) {
    attempt("connect to $socket", fn () => reach("unix://$socket"));
}
attempt("connect to the other's abstract socket", fn () => reach("unix://\0{$in['socket']}"));
attempt("open the other's shared memory", fn () => shmop_open($in['memory'], 'a', 0, 0) !== false);
attempt('see processes of others', function () {
    $mine = posix_getuid();
    $found = array_filter(scandir('/proc'), fn ($entry) => ctype_digit($entry) && fileowner("/proc/$entry") !== $mine);
    return implode(' ', $found);
});
attempt("signal the other's process", fn () => posix_kill((int) $in['other_pid'], 0));
attempt('signal a process of its own account in another unit', fn () => posix_kill((int) $in['own_pid'], 0));
attempt('signal the first process', fn () => posix_kill(1, 0));
attempt('become another user', fn () => posix_setuid(0) || posix_setuid(300000 + (int) $code));
attempt("take the other's group", fn () => posix_setgid(33) || posix_setgid(300000 + (int) $code));
$written = ['/', '/usr/share/wordpress', '/usr/share/wordpress/wp-content', '/etc', '/etc/wordpress', '/etc/nginx/nuage.d', '/var/lib',
    '/var/lib/php/sessions', '/var/cache', '/run', '/run/lock', '/dev/shm', '/dev/mqueue', '/srv', '/srv/tenants',
    "/srv/tenants/$own/wordpress", "/srv/tenants/$own/wordpress/wp-content", "/srv/tenants/$own/wordpress/wp-content/plugins",
    "/srv/tenants/$own/wordpress/wp-content/themes", "/srv/tenants/$own/wordpress/wp-content/mu-plugins",
    "/srv/tenants/$own/wordpress/wp-content/languages", '/usr/share/nuage/wordpress/mu-plugins', '/root', '/sys/fs/cgroup',
    '/proc/sys/kernel', "/run/nuage-wordpress-php-$code", "/srv/tenants/$other/tmp", "/srv/mysql/$other"];
foreach ($written as $folder) {
    attempt("write in $folder", fn () => file_put_contents("$folder/nuage-probe", 'x'));
}
attempt('write in its own configuration', fn () => file_put_contents('/etc/wordpress/config-' . substr($own, 1) . '.php', '', FILE_APPEND) !== false ?: false);
attempt('open its own configuration to writing', fn () => chmod('/etc/wordpress/config-' . substr($own, 1) . '.php', 0660));
attempt('give a file to the other', fn () => file_put_contents('/tmp/nuage-probe-gift', 'x') && chown('/tmp/nuage-probe-gift', 300000 + (int) $code));
attempt('make a program that runs as its owner', fn () => file_put_contents('/tmp/nuage-probe-suid', 'x')
    && chmod('/tmp/nuage-probe-suid', 04755) && (clearstatcache() || fileperms('/tmp/nuage-probe-suid') & 04000));
attempt('make a device', fn () => posix_mknod('/tmp/nuage-probe-device', POSIX_S_IFBLK | 0666, 7, 0));
foreach (['exec', 'shell_exec', 'system', 'passthru', 'popen', 'proc_open', 'pcntl_exec', 'pcntl_fork', 'dl'] as $function) {
    attempt("use $function", fn () => function_exists($function) ? 'there' : false);
}
foreach (['disable_functions' => '', 'memory_limit' => '8G', 'allow_url_fopen' => '1', 'error_log' => "/srv/tenants/$own/tmp/nuage-probe.log",
    'sendmail_path' => '/bin/sh', 'session.save_path' => '/run'] as $name => $value) {
    attempt("set $name itself", fn () => ini_set($name, $value) !== false && ini_get($name) === $value);
}
attempt('load a remote program', fn () => function_exists('opcache_get_status') && (include 'http://127.0.0.1/') !== false);
foreach ($in['addresses'] as $address) {
    attempt("reach $address", fn () => reach($address));
}
foreach (['tcp://127.0.0.1:0', 'tcp://0.0.0.0:0', 'tcp://[::1]:0', 'tcp://127.0.0.1:9000'] as $address) {
    attempt("listen on $address", fn () => stream_socket_server($address) !== false);
}
foreach ($in['names'] as $name) {
    attempt("resolve $name", fn () => dns_get_record($name, DNS_A));
}
array_map('unlink', glob('/tmp/nuage-probe*'));

// Controls: what must work, so that a probe that refuses everything doesn't pass for isolation.
attempt('control: write its own uploads', fn () => file_put_contents("/srv/tenants/$own/wordpress/wp-content/uploads/nuage-probe.txt", 'x')
    && unlink("/srv/tenants/$own/wordpress/wp-content/uploads/nuage-probe.txt"));
attempt('control: write its temporary files', fn () => file_put_contents('/tmp/nuage-probe', 'x') && unlink('/tmp/nuage-probe'));
attempt('control: read its own database', fn () => database($own, "SELECT user_login FROM $own.wp_users"));
attempt('control: make a table of its own', fn () => database($own, "CREATE TABLE $own.nuage_probe (a INT)") && database($own, "DROP TABLE $own.nuage_probe"));
attempt('control: read its own configuration', fn () => file_get_contents('/etc/wordpress/config-' . substr($own, 1) . '.php'));
attempt('control: read the code that all share', fn () => file_get_contents('/usr/share/wordpress/wp-load.php'));
attempt('control: read the authorities that it trusts', fn () => file_get_contents('/etc/ssl/certs/ca-certificates.crt', false, null, 0, 64));
attempt('control: move a file between its folders', fn () => file_put_contents("/srv/tenants/$own/tmp/nuage-probe", 'x')
    && rename("/srv/tenants/$own/tmp/nuage-probe", "/srv/tenants/$own/wordpress/wp-content/uploads/nuage-probe.txt")
    && unlink("/srv/tenants/$own/wordpress/wp-content/uploads/nuage-probe.txt"));
attempt('control: signal itself', fn () => posix_kill(getmypid(), 0));
header('Content-Type: application/json');
echo json_encode($seen, JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
