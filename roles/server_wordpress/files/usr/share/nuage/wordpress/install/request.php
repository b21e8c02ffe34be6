<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// What the reconciler is asked, checked.

declare(strict_types=1);

namespace Nuage\Install;

final class Request
{
    /** @param array<string, string> $contacts */
    private function __construct(
        public readonly string $code,
        public readonly string $domain,
        public readonly string $title,
        public readonly string $designation,
        public readonly string $language,
        public readonly string $timezone,
        public readonly string $user,
        public readonly string $name,
        public readonly string $email,
        #[\SensitiveParameter] public readonly string $password,
        public readonly array $contacts,
        public readonly bool $check,
    ) {
    }

    public static function read(#[\SensitiveParameter] string|false $text): self
    {
        try {
            $data = json_decode((string) $text, true, 8, JSON_THROW_ON_ERROR);
        } catch (\JsonException $error) {
            fail('bad-request', 'standard input is not JSON: ' . $error->getMessage(), 3);
        }
        if (!is_array($data)) {
            fail('bad-request', 'standard input is not a JSON object', 3);
        }
        $administrator = is_array($data['admin'] ?? null) ? $data['admin'] : [];
        $contacts = is_array($data['contacts'] ?? null) ? $data['contacts'] : [];
        if (!in_array($data['timezone'] ?? null, timezone_identifiers_list(), true)) {
            fail('bad-request', 'the field timezone is missing or not as expected', 3);
        }
        return new self(
            code: self::text($data, 'code', '/^[0-9]{5}$/D'),
            domain: self::text($data, 'domain', '/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/D'),
            title: self::text($data, 'title', '/\S/'),
            designation: self::text($data, 'designation', '//'),
            language: self::text($data, 'language', '/^(fr|en)$/D'),
            timezone: self::text($data, 'timezone', '/\S/'),
            user: self::text($administrator, 'user', '/^[a-z0-9][a-z0-9_-]{2,59}$/D'),
            name: self::text($administrator, 'name', '/\S/'),
            email: self::text($administrator, 'email', '/^[^@\s]+@[^@\s]+$/D'),
            password: self::text($administrator, 'password', '/^.{12,}$/Ds'),
            contacts: array_map(
                static fn (mixed $value): string => is_string($value) ? trim($value) : '',
                array_intersect_key($contacts, array_flip(['telephone', 'email', 'privacy_name', 'privacy_email'])),
            ),
            check: ($data['check'] ?? false) === true,
        );
    }

    /** @param array<string, mixed> $from The value itself never goes into the message: it may be the password. */
    private static function text(#[\SensitiveParameter] array $from, string $key, string $pattern): string
    {
        $value = $from[$key] ?? null;
        if (!is_string($value) || preg_match($pattern, $value) !== 1) {
            fail('bad-request', "the field $key is missing or not as expected", 3);
        }
        return $value;
    }

    public function locale(): string
    {
        return $this->language === 'fr' ? 'fr_FR' : '';
    }
}
