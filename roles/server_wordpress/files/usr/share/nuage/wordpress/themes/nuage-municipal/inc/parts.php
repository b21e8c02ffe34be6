<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Pieces that several templates show.

declare(strict_types=1);

namespace Nuage\Theme;

defined('ABSPATH') || exit;

/** What the spec says, through the must-use plugin. */
function fact(string $path): string
{
    return function_exists('\Nuage\Site\fact') ? \Nuage\Site\fact($path) : '';
}

function name(): string
{
    return function_exists('\Nuage\Site\full_name')
        ? \Nuage\Site\full_name()
        : html_entity_decode((string) get_option('blogname'), ENT_QUOTES | ENT_HTML5);
}

/** The first letter of the name, its article left aside: « É » for « Les Éboulements ». */
function initial(): string
{
    $bare = preg_replace("/^(?:l['’]|la |le |les )/iu", '', html_entity_decode((string) get_option('blogname'), ENT_QUOTES));
    return mb_strtoupper(mb_substr((string) $bare, 0, 1));
}

/** « 1er août 2026 »: French writes the first day of a month as an ordinal. */
function post_date(): string
{
    $shown = (string) get_the_date();
    if (str_starts_with(get_locale(), 'fr')) {
        $shown = (string) preg_replace('/^1 /', '1<sup>er</sup> ', esc_html($shown));
    } else {
        $shown = esc_html($shown);
    }
    return sprintf('<time datetime="%s">%s</time>', esc_attr((string) get_the_date('c')), $shown);
}

/** One notice in a list; the level keeps headings in order. */
function notice(int $level): void
{
    printf(
        '<li class="notice"><span class="date">%s</span><h%2$d><a href="%3$s">%4$s</a></h%2$d>',
        post_date(),
        $level,
        esc_url((string) get_permalink()),
        esc_html(wp_strip_all_tags(get_the_title())) ?: esc_html__('Untitled', 'nuage-municipal'),
    );
    $summary = wp_strip_all_tags(get_the_excerpt());
    echo $summary === '' ? '' : '<p>' . esc_html($summary) . '</p>';
    echo '</li>';
}

/** Head of a page that is not the front page. */
function page_head(string $title, string $below = '', string $above = ''): void
{
    echo '<div class="page-head"><div class="wrap">';
    echo $above === '' ? '' : '<p class="crumbs">' . $above . '</p>';
    echo '<h1>' . esc_html(wp_strip_all_tags($title)) . '</h1>';
    echo $below === '' ? '' : '<p class="date">' . $below . '</p>';
    echo '</div></div>';
}

/** The pages of the main menu, without the front page, as cards. @return list<\WP_Post> */
function card_pages(): array
{
    $locations = get_nav_menu_locations();
    $items = isset($locations['primary']) ? (wp_get_nav_menu_items($locations['primary']) ?: []) : [];
    $front = (int) get_option('page_on_front');
    $pages = [];
    foreach ($items as $item) {
        $page = $item->object === 'page' && (int) $item->object_id !== $front && !$item->menu_item_parent
            ? get_post((int) $item->object_id)
            : null;
        if ($page instanceof \WP_Post && $page->post_status === 'publish') {
            $pages[] = $page;
        }
    }
    return array_slice($pages, 0, 6);
}

/** Drawings of one stroke, in the colour of the text. */
function icon(string $name): string
{
    $paths = [
        'notices' => '<path d="M6 3h9l4 4v14H6z"/><path d="M15 3v4h4M9 12h7M9 16h7"/>',
        'council' => '<path d="M3 9l9-5 9 5zM5 9v9M10 9v9M14 9v9M19 9v9M3 20h18"/>',
        'contact' => '<path d="M3 6h18v12H3z"/><path d="M3 7l9 7 9-7"/>',
        'search' => '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21"/>',
    ];
    return '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round"'
        . ' stroke-linejoin="round" aria-hidden="true" focusable="false">'
        . ($paths[$name] ?? '<circle cx="12" cy="12" r="9"/><path d="M8 12h8M13 8l4 4-4 4"/>') . '</svg>';
}

function contact_card(): string
{
    return function_exists('\Nuage\Site\card') ? do_shortcode('[nuage_coordonnees]') : '';
}
