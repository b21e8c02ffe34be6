<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Canadian language tags, and the strings that Debian's old French catalogue lacks.

declare(strict_types=1);

namespace Nuage\Language;

defined('ABSPATH') || exit;

/** The tag that assistive technologies read: Debian has fr_FR only, the pages are Québec's. */
function tag(): string
{
    return str_starts_with(determine_locale(), 'fr') ? 'fr-CA' : 'en-CA';
}

function load(): void
{
    $locale = determine_locale();
    foreach (['nuage' => 'nuage', 'default' => 'core'] as $domain => $file) {
        // WordPress looks for the .l10n.php beside the name it is given.
        load_textdomain($domain, __DIR__ . "/languages/$file-$locale.mo", $locale);
    }
}

add_filter('language_attributes', static fn (string $attributes): string => (string) preg_replace(
    '/lang="[^"]*"/',
    'lang="' . tag() . '"',
    $attributes,
));
add_filter('pre_option_rss_language', __NAMESPACE__ . '\tag');
add_action('after_setup_theme', __NAMESPACE__ . '\load');
add_action('change_locale', __NAMESPACE__ . '\load');

// Debian has no translation of the editor's scripts: these are the words that people meet every day.
add_action('admin_enqueue_scripts', static function (): void {
    $path = __DIR__ . '/languages/editor-' . determine_locale() . '.json';
    if (is_readable($path)) {
        wp_add_inline_script('wp-i18n', 'wp.i18n.setLocaleData(' . file_get_contents($path) . ');');
    }
});
