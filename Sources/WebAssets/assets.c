#include "WebAssets.h"

// The files are ordinary ones that an editor, a browser and a linter can open; C23's #embed puts them into the
// executable, so that a static server in an empty image still has its page.
static const unsigned char library[] = {
#embed "client/greenroom.js"
};
static const unsigned char peers[] = {
#embed "client/greenroom-peers.js"
};
static const unsigned char link[] = {
#embed "client/greenroom-link.js"
};
static const unsigned char stream[] = {
#embed "client/greenroom-stream.js"
};
static const unsigned char direct[] = {
#embed "client/greenroom-direct.js"
};
static const unsigned char line[] = {
#embed "client/greenroom-line.js"
};
static const unsigned char client_limits[] = {
#embed "client/greenroom-limits.js"
};
static const unsigned char visibility[] = {
#embed "client/greenroom-visibility.js"
};
static const unsigned char gatherings[] = {
#embed "client/greenroom-rounds.js"
};
static const unsigned char play_time[] = {
#embed "client/greenroom-time.js"
};
static const unsigned char place[] = {
#embed "client/greenroom-place.js"
};
static const unsigned char python[] = {
#embed "client/greenroom.py"
};
static const unsigned char echo[] = {
#embed "client/examples/echo.py"
};
static const unsigned char lockstep[] = {
#embed "client/examples/lockstep.py"
};
static const unsigned char rounds[] = {
#embed "client/examples/rounds.py"
};
static const unsigned char partner[] = {
#embed "client/examples/partner.py"
};
static const unsigned char filler[] = {
#embed "client/examples/filler.py"
};
static const unsigned char wire[] = {
#embed "client/greenroom-wire.js"
};
static const unsigned char page[] = {
#embed "demo/index.html"
};
static const unsigned char demo[] = {
#embed "demo/demo.js"
};
static const unsigned char view[] = {
#embed "demo/demo-view.js"
};
static const unsigned char game[] = {
#embed "demo/demo-game.js"
};
static const unsigned char stage[] = {
#embed "demo/demo-stage.js"
};
static const unsigned char words[] = {
#embed "demo/demo-words.js"
};
static const unsigned char scenes[] = {
#embed "demo/demo-scenes.js"
};
static const unsigned char style[] = {
#embed "demo/demo.css"
};
static const unsigned char dashboard_page[] = {
#embed "dashboard/index.html"
};
static const unsigned char dashboard[] = {
#embed "dashboard/dashboard.js"
};
static const unsigned char dashboard_style[] = {
#embed "dashboard/dashboard.css"
};
static const unsigned char icon[] = {
#embed "demo/icon.svg"
};

#define PYTHON "text/x-python; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"

static const struct greenroom_asset assets[] = {
    {"/", "text/html; charset=utf-8", page, sizeof page},
    {"/greenroom.js", SCRIPT, library, sizeof library},
    {"/greenroom-direct.js", SCRIPT, direct, sizeof direct},
    {"/greenroom-line.js", SCRIPT, line, sizeof line},
    {"/greenroom-link.js", SCRIPT, link, sizeof link},
    {"/greenroom-peers.js", SCRIPT, peers, sizeof peers},
    {"/greenroom-limits.js", SCRIPT, client_limits, sizeof client_limits},
    {"/greenroom-visibility.js", SCRIPT, visibility, sizeof visibility},
    {"/greenroom-rounds.js", SCRIPT, gatherings, sizeof gatherings},
    {"/greenroom-place.js", SCRIPT, place, sizeof place},
    {"/greenroom-time.js", SCRIPT, play_time, sizeof play_time},
    {"/greenroom-stream.js", SCRIPT, stream, sizeof stream},
    {"/greenroom.py", PYTHON, python, sizeof python},
    {"/examples/echo.py", PYTHON, echo, sizeof echo},
    {"/examples/lockstep.py", PYTHON, lockstep, sizeof lockstep},
    {"/examples/rounds.py", PYTHON, rounds, sizeof rounds},
    {"/examples/partner.py", PYTHON, partner, sizeof partner},
    {"/examples/filler.py", PYTHON, filler, sizeof filler},
    {"/greenroom-wire.js", SCRIPT, wire, sizeof wire},
    {"/demo.js", SCRIPT, demo, sizeof demo},
    {"/demo-view.js", SCRIPT, view, sizeof view},
    {"/demo-game.js", SCRIPT, game, sizeof game},
    {"/demo-stage.js", SCRIPT, stage, sizeof stage},
    {"/demo-scenes.js", SCRIPT, scenes, sizeof scenes},
    {"/demo-words.js", SCRIPT, words, sizeof words},
    {"/demo.css", "text/css; charset=utf-8", style, sizeof style},
    {"/dashboard", "text/html; charset=utf-8", dashboard_page, sizeof dashboard_page},
    {"/dashboard.js", SCRIPT, dashboard, sizeof dashboard},
    {"/dashboard.css", "text/css; charset=utf-8", dashboard_style, sizeof dashboard_style},
    {"/icon.svg", "image/svg+xml", icon, sizeof icon},
};

size_t greenroom_asset_count(void) { return sizeof assets / sizeof assets[0]; }

const struct greenroom_asset *greenroom_assets(void) { return assets; }
