<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// From a person's groups at the municipality's realm to what the person may do here. Pure.

declare(strict_types=1);

namespace Nuage\SignIn\Roles;

/** The highest first: who is in several groups has the first of them. */
const ROLES = [
    'administrateurs' => 'administrator',
    'redaction-web' => 'editor',
    // Drafts a notice that the web editors publish.
    'employes' => 'contributor',
    'elus' => 'subscriber',
];

/** Null for who is in none of the groups: nobody here. */
function role(mixed $groups): ?string
{
    foreach (is_array($groups) ? ROLES : [] as $group => $role) {
        if (in_array($group, $groups, true)) {
            return $role;
        }
    }
    return null;
}

/**
 * What the site keeps of a person. Names that are absent stay empty, so that a removed one goes.
 *
 * @param array<string, mixed> $claims
 * @return array{email: string, name: string, first: string, last: string}
 */
function person(array $claims): array
{
    $text = static function (string $key, int $longest) use ($claims): string {
        $value = is_string($claims[$key] ?? null) ? $claims[$key] : '';
        // Not a control character, nor what turns the direction of a line.
        $clean = preg_replace('/[\p{Cc}\x{202A}-\x{202E}\x{2066}-\x{2069}<>]/u', '', $value) ?? '';
        return mb_substr(trim($clean), 0, $longest);
    };
    $first = $text('given_name', 100);
    $last = $text('family_name', 100);
    $name = $text('name', 200) ?: trim("$first $last") ?: $text('preferred_username', 60);
    return ['email' => $text('email', 100), 'name' => $name, 'first' => $first, 'last' => $last];
}
