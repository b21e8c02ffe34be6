<?php
// What a neighbour has open while another municipality probes: shared memory, and an abstract socket, that anybody may use.
$in = json_decode(file_get_contents('php://input'), true);
$memory = shmop_open($in['memory'], 'c', 0666, 16);
$socket = stream_socket_server("unix://\0{$in['socket']}", $number, $why);
echo json_encode(['pid' => getmypid(), 'memory' => $memory !== false, 'socket' => $socket !== false, 'why' => $why]);
fastcgi_finish_request();
sleep($in['seconds']);
shmop_delete($memory);
