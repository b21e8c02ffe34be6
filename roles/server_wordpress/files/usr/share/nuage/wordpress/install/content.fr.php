<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Starter pages in French. They promise nothing that a municipality would have to take back.

declare(strict_types=1);

$pages = [];

$pages['home'] = ['title' => 'Accueil', 'slug' => 'accueil', 'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>Vous trouverez ici les avis publics, les séances du conseil et les coordonnées de votre municipalité.</p>
<!-- /wp:paragraph -->
HTML];

$pages['notices'] = ['title' => 'Avis publics', 'slug' => 'avis-publics', 'excerpt' => 'Avis, règlements et annonces officielles de la municipalité.', 'content' => ''];

$pages['council'] = ['title' => 'Séances du conseil', 'slug' => 'seances-du-conseil', 'excerpt' => 'Calendrier, ordres du jour et procès-verbaux.', 'content' => <<<'HTML'
<!-- wp:paragraph {"fontSize":"medium"} -->
<p>Les séances du conseil municipal sont publiques. Chaque séance comprend une période de questions pendant laquelle toute personne présente peut s’adresser aux membres du conseil.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Calendrier des séances ordinaires</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Le conseil établit avant le début de chaque année le calendrier de ses séances ordinaires : il sera publié ici par le greffe.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Ordres du jour et procès-verbaux</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Les documents de chaque séance seront ajoutés ici, du plus récent au plus ancien. Pour obtenir un document qui n’y est pas, écrivez à la municipalité.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Séances extraordinaires</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Les séances extraordinaires sont annoncées parmi les avis publics.</p>
<!-- /wp:paragraph -->
HTML];

$pages['contact'] = ['title' => 'Nous joindre', 'slug' => 'nous-joindre', 'excerpt' => 'Téléphone, courriel et réponses à vos questions.', 'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>Une question sur un service, un règlement ou un avis public? Communiquez avec la municipalité.</p>
<!-- /wp:paragraph -->

<!-- wp:shortcode -->
[nuage_coordonnees]
<!-- /wp:shortcode -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Vos renseignements personnels</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Pour consulter ou faire corriger les renseignements que la municipalité détient à votre sujet, voyez la page <a href="/protection-des-renseignements-personnels/">Protection des renseignements personnels</a>.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Urgence</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Si la vie ou la sécurité de quelqu’un est menacée, composez le <a href="tel:911">9-1-1</a>.</p>
<!-- /wp:paragraph -->
HTML];

$pages['privacy'] = [
    'title' => 'Protection des renseignements personnels',
    'slug' => 'protection-des-renseignements-personnels',
    'excerpt' => 'Vos droits, et la personne à qui vous adresser.',
    'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>La municipalité protège les renseignements personnels qu’elle détient, comme l’exige la <em>Loi sur l’accès aux documents des organismes publics et sur la protection des renseignements personnels</em> (RLRQ, chapitre A-2.1), modifiée par la Loi 25.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Personne responsable</h2>
<!-- /wp:heading -->

<!-- wp:shortcode -->
[nuage_vie_privee]
<!-- /wp:shortcode -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Ce que ce site recueille</h2>
<!-- /wp:heading -->

<!-- wp:list -->
<ul class="wp-block-list"><!-- wp:list-item -->
<li>Le site ne dépose aucun témoin (<em>cookie</em>) quand vous le consultez. Seules les personnes qui le rédigent en reçoivent un, pour ouvrir leur session.</li>
<!-- /wp:list-item -->

<!-- wp:list-item -->
<li>Il ne contient aucun outil de mesure d’audience ni de publicité, et ne fait charger à votre navigateur rien qui vienne d’ailleurs.</li>
<!-- /wp:list-item -->

<!-- wp:list-item -->
<li>Le serveur consigne les demandes qu’il reçoit (adresse IP, heure, page), pour un temps limité, afin d’assurer la sécurité du site.</li>
<!-- /wp:list-item --></ul>
<!-- /wp:list -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Vos droits</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Vous pouvez demander à consulter les renseignements que la municipalité détient à votre sujet, à les faire rectifier ou à en obtenir une copie. Adressez une demande écrite à la personne responsable, qui doit y répondre dans les délais que fixe la loi.</p>
<!-- /wp:paragraph -->

<!-- wp:paragraph -->
<p>Si la réponse ne vous satisfait pas, vous pouvez demander une révision ou porter plainte à la Commission d’accès à l’information du Québec.</p>
<!-- /wp:paragraph -->
HTML];

$pages['accessibility'] = ['title' => 'Accessibilité', 'slug' => 'accessibilite', 'excerpt' => 'Ce que nous visons, et comment signaler un obstacle.', 'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>La municipalité veut que toute personne puisse consulter ce site, quel que soit son appareil ou sa façon de lire.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Ce que nous visons</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Le gabarit du site vise le niveau AA des Règles pour l’accessibilité des contenus Web (WCAG) 2.2.</p>
<!-- /wp:paragraph -->

<!-- wp:list -->
<ul class="wp-block-list"><!-- wp:list-item -->
<li>Toutes les pages se parcourent au clavier.</li>
<!-- /wp:list-item -->

<!-- wp:list-item -->
<li>Le texte peut être agrandi et les couleurs suivent le thème clair ou sombre de votre appareil.</li>
<!-- /wp:list-item -->

<!-- wp:list-item -->
<li>Les titres, les menus et les formulaires sont annoncés aux lecteurs d’écran.</li>
<!-- /wp:list-item --></ul>
<!-- /wp:list -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Signaler un obstacle</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Un document ou une page vous résiste? Dites-le-nous : nous vous transmettrons l’information sous une autre forme.</p>
<!-- /wp:paragraph -->

<!-- wp:shortcode -->
[nuage_coordonnees]
<!-- /wp:shortcode -->
HTML];

$pages['model'] = [
    'title' => 'Modèle : avis public',
    'slug' => 'modele-avis-public',
    'type' => 'post',
    'status' => 'draft',
    'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>Avis public est donné par la soussignée ou le soussigné, [nom et fonction], que [objet de l’avis].</p>
<!-- /wp:paragraph -->

<!-- wp:paragraph -->
<p>[Où et quand consulter les documents, comment s’opposer ou se faire entendre.]</p>
<!-- /wp:paragraph -->

<!-- wp:paragraph -->
<p>Donné à [lieu], le [date].</p>
<!-- /wp:paragraph -->
HTML];

return [
    'pages' => $pages,
    'category' => ['name' => 'Avis publics', 'slug' => 'avis'],
    'menus' => [
        'primary' => ['name' => 'Menu principal', 'items' => ['home', 'notices', 'council', 'contact']],
        'footer' => ['name' => 'Bas de page', 'items' => ['contact', 'privacy', 'accessibility']],
    ],
];
