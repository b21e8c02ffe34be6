<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Starter pages and menus: each made once, then the municipality's own.

declare(strict_types=1);

namespace Nuage\Install;

/** @return list<string> */
function create_pages(Request $request): array
{
    $made = (array) get_option(MARK, []);
    $content = require __DIR__ . "/content.$request->language.php";
    $missing = array_diff([...array_keys($content['pages']), 'settings', 'menus'], $made);
    if ($missing === []) {
        return [];
    }
    wp_defer_term_counting(true);
    $author = $GLOBALS['nuage_author'] ?? get_user_by('login', $request->user)->ID ?? 0;
    $ids = known_pages();
    $changed = [];
    foreach (array_intersect_key($content['pages'], array_flip($missing)) as $key => $page) {
        $ids[$key] ??= create_page($key, $page, $author);
        $changed[] = "page $key";
    }
    if (in_array('settings', $missing, true)) {
        use_pages($ids, $content);
        $changed[] = 'front page';
    }
    if (in_array('menus', $missing, true)) {
        create_menus($content['menus'], $ids);
        $changed[] = 'menus';
    }
    wp_defer_term_counting(false);
    // Written when all is there: an interrupted run begins again.
    update_option(MARK, array_values(array_unique([...$made, ...$missing])), true);
    return $changed;
}

/** @return array<string, int> key => identifier of the pages that were made before */
function known_pages(): array
{
    global $wpdb;
    $rows = $wpdb->get_results("SELECT post_id, meta_value FROM $wpdb->postmeta WHERE meta_key = '_nuage_page'");
    return array_map(intval(...), array_column($rows, 'post_id', 'meta_value'));
}

/** @param array{title: string, slug: string, content: string, excerpt?: string, type?: string, status?: string} $page */
function create_page(string $key, array $page, int $author): int
{
    $id = wp_insert_post(wp_slash([
        'post_type' => $page['type'] ?? 'page',
        'post_status' => $page['status'] ?? 'publish',
        'post_title' => $page['title'],
        'post_name' => $page['slug'],
        'post_content' => trim($page['content']),
        'post_excerpt' => $page['excerpt'] ?? '',
        'post_author' => $author,
        'comment_status' => 'closed',
        'ping_status' => 'closed',
        'meta_input' => ['_nuage_page' => $key],
    ]), true);
    if (is_wp_error($id)) {
        fail('wordpress', $id->get_error_message());
    }
    return $id;
}

/** @param array<string, int> $ids */
function use_pages(array $ids, array $content): void
{
    update_option('show_on_front', 'page');
    update_option('page_on_front', $ids['home']);
    update_option('page_for_posts', $ids['notices']);
    update_option('wp_page_for_privacy_policy', $ids['privacy']);
    // A new site has one category, called « Non classé »: its posts are public notices.
    wp_update_term((int) get_option('default_category'), 'category', wp_slash($content['category']));
}

/**
 * @param array<string, array{name: string, items: list<string>}> $menus location => menu
 * @param array<string, int> $ids
 */
function create_menus(array $menus, array $ids): void
{
    $locations = [];
    foreach ($menus as $location => $menu) {
        $existing = wp_get_nav_menu_object($menu['name']);
        $id = $existing ? $existing->term_id : wp_create_nav_menu($menu['name']);
        if (is_wp_error($id)) {
            fail('wordpress', $id->get_error_message());
        }
        $locations[$location] = $id;
        $present = $existing ? array_map(intval(...), array_column(wp_get_nav_menu_items($id) ?: [], 'object_id')) : [];
        foreach ($menu['items'] as $position => $key) {
            if (in_array($ids[$key], $present, true)) {
                continue;
            }
            wp_update_nav_menu_item($id, 0, [
                'menu-item-type' => 'post_type',
                'menu-item-object' => 'page',
                'menu-item-object-id' => $ids[$key],
                'menu-item-status' => 'publish',
                'menu-item-position' => $position + 1,
            ]);
        }
    }
    update_option('theme_mods_nuage-municipal', ['nav_menu_locations' => $locations] + (array) get_option('theme_mods_nuage-municipal', []));
}
