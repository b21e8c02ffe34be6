<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// What the consortium's spec says about the municipality, for the theme and for the pages (shortcodes).

declare(strict_types=1);

namespace Nuage\Site;

defined('ABSPATH') || exit;

/** A value of the spec, '' when unknown; `contacts.telephone` reads inside `contacts`. */
function fact(string $path): string
{
    $value = get_option('nuage_site', []);
    foreach (explode('.', $path) as $key) {
        $value = is_array($value) ? ($value[$key] ?? '') : '';
    }
    return is_string($value) ? $value : '';
}

/** « Village d'Abercorn », « Municipalité des Éboulements »; the name alone without a designation. */
function full_name(): string
{
    // Stored escaped, as every option of that name is.
    $name = html_entity_decode((string) get_option('blogname'), ENT_QUOTES | ENT_HTML5);
    $designation = fact('designation');
    if ($designation === '') {
        return $name;
    }
    if (!str_starts_with(get_locale(), 'fr')) {
        return "$designation – $name";
    }
    // The names keep their article (« Les Éboulements »), which contracts with « de ». Québec's names in H and Y don't elide.
    $link = match (true) {
        str_starts_with($name, 'Les ') => ['des ', mb_substr($name, 4)],
        str_starts_with($name, 'Le ') => ['du ', mb_substr($name, 3)],
        preg_match('/^[aeiouâàéèêëîïôûü]/iu', $name) === 1 => ["d\u{2019}", $name],
        default => ['de ', $name],
    };
    return $designation . ' ' . $link[0] . $link[1];
}

function mail_link(string $address): string
{
    return $address === '' ? '' : sprintf(
        '<a href="%s">%s</a>',
        esc_attr(antispambot('mailto:' . $address)),
        esc_html(antispambot($address)),
    );
}

function telephone_link(string $number): string
{
    return $number === '' ? '' : sprintf(
        '<a href="tel:%s">%s</a>',
        esc_attr(preg_replace('/[^0-9+]/', '', $number)),
        esc_html($number),
    );
}

/** A list of terms and descriptions without its empty rows. @param array<string, string> $rows label => safe HTML */
function card(array $rows): string
{
    $html = '';
    foreach (array_filter($rows) as $label => $value) {
        $html .= '<div><dt>' . esc_html($label) . '</dt><dd>' . $value . '</dd></div>';
    }
    return $html === '' ? '' : '<dl class="nuage-coordonnees">' . $html . '</dl>';
}

add_shortcode('nuage_coordonnees', static fn (): string => card([
    __('Municipality', 'nuage') => esc_html(full_name()),
    __('Telephone', 'nuage') => telephone_link(fact('contacts.telephone')),
    __('Email', 'nuage') => mail_link(fact('contacts.email')),
]));

add_shortcode('nuage_vie_privee', static fn (): string => card([
    __('Person in charge', 'nuage') => esc_html(fact('contacts.privacy_name')),
    __('Email', 'nuage') => mail_link(fact('contacts.privacy_email')),
    __('Telephone', 'nuage') => telephone_link(fact('contacts.telephone')),
]));
