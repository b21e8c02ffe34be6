<?php
// Writes until it is refused or {"limit_mib"} is reached, and says how far it came.
error_reporting(0);
set_time_limit(0);
ignore_user_abort(true);
$in = json_decode(file_get_contents('php://input'), true);
$mib = str_repeat(random_bytes(1 << 10), 1 << 10);
$written = 0;
$why = '';
$stream = fopen($in['file'], 'wb');
stream_set_write_buffer($stream, 0);
while ($written < $in['limit_mib']) {
    if (fwrite($stream, $mib) !== strlen($mib)) {
        $why = error_get_last()['message'] ?? 'short';
        break;
    }
    if (++$written % 32 === 0 && !fsync($stream)) {
        $why = 'fsync';
        break;
    }
}
$ended = $why !== '' || fsync($stream);
fclose($stream);
echo json_encode(['written_mib' => $written, 'refused' => $why !== '' || !$ended, 'why' => $why]);
