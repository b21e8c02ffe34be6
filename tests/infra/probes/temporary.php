<?php
// Sorts {"rows"} rows of some 3 kB, once the session's bound on temporary tables is lifted if {"lift"} says so. Prints
// how many came out, or what was refused.
error_reporting(0);
set_time_limit(0);
$in = json_decode(file_get_contents('php://input'), true);
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
try {
    $link = new mysqli('localhost', $in['user'], '', $in['user'], 0, '/run/mysqld/mysqld.sock');
    if ($in['lift']) {
        $link->query('SET SESSION max_tmp_session_space_usage = 0');
    }
    $sorted = "SELECT DISTINCT seq, REPEAT(MD5(seq), 100) FROM seq_1_to_{$in['rows']}";
    $made = (int) $link->query("SELECT COUNT(*) FROM ($sorted) AS t")->fetch_column();
} catch (\Throwable $error) {
    $made = $error->getMessage();
}
echo json_encode($made);
