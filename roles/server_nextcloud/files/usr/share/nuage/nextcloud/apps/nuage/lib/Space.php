<?php
// SPDX-License-Identifier: AGPL-3.0-or-later

declare(strict_types=1);

namespace OCA\Nuage;

/** What the server says of the municipality's disk. It writes that every other minute, where only it may write. */
final class Space
{
    private function __construct(
        public readonly int $used,
        public readonly int $limit,
    ) {
    }

    private const ALERT = 0.9;
    private const FULL = 0.99;
    /** Kept for sessions, previews and the log: Nextcloud itself goes on when people's files fill the rest. */
    private const RESERVE = 0.01;

    public static function read(): ?self
    {
        $path = (string) getenv('NUAGE_SPACE');
        $text = $path === '' ? false : @file_get_contents($path);
        $found = $text === false ? null : json_decode($text, true);
        if (!is_array($found) || !is_int($found['used'] ?? null) || !is_int($found['limit'] ?? null) || $found['limit'] <= 0) {
            return null;
        }
        return new self($found['used'], $found['limit']);
    }

    public function free(): int
    {
        return max(0, (int) ($this->limit * (1 - self::RESERVE)) - $this->used);
    }

    public function percent(): int
    {
        return min(100, (int) floor(100 * $this->used / $this->limit));
    }

    public function is_nearly_full(): bool
    {
        return $this->used >= $this->limit * self::ALERT;
    }

    public function is_full(): bool
    {
        return $this->used >= $this->limit * self::FULL;
    }
}
