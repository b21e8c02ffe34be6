<?php
// Fills a table, of the kind asked for, until it is refused or {"limit_mib"} is reached.
error_reporting(0);
set_time_limit(0);
$in = json_decode(file_get_contents('php://input'), true);
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$link = new mysqli('localhost', $in['user'], '', $in['user'], 0, '/run/mysqld/mysqld.sock');
$written = 0;
$why = '';
try {
    $link->query("CREATE {$in['kind']} TABLE nuage_test_fill (a LONGBLOB) ENGINE=InnoDB");
    $statement = $link->prepare('INSERT INTO nuage_test_fill VALUES (?)');
    while ($written < $in['limit_mib']) {
        $statement->execute([random_bytes(4 << 20)]);
        $written += 4;
    }
} catch (\Throwable $error) {
    $why = $error->getCode() . ' ' . $error->getMessage();
}
echo json_encode(['written_mib' => $written, 'refused' => $why !== '', 'why' => $why]);
