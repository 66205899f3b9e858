// What a client may ask for. Answers that take time are given by coroutines of their own.

const int RESTARTED_MS = 100;
const uint64 RESTART_WAIT_MS = 800;
const uint64 MENU_WAIT_MS = 10000;

bool g_busy = false; // a restart or a map is under way
uint g_sequence = 0;
string g_path;

void StartRestart(uint sequence) {
    if (Take(sequence)) startnew(RestartRace);
}

void StartLoad(uint sequence, const string &in path) {
    if (!Take(sequence)) return;
    g_path = path;
    startnew(LoadMap);
}

bool Take(uint sequence) {
    if (g_busy) {
        g_server.Answer(sequence, Code::NotNow, "a restart or a map is still under way");
        return false;
    }
    g_busy = true;
    g_sequence = sequence;
    return true;
}

void Finish(Code code, const string &in message) {
    g_server.Answer(g_sequence, code, message);
    g_busy = false;
}

// Restart the race; of the two ways the first may do nothing (online, some modes), so what counts is the race time.
void RestartRace() {
    if ((RespawnByRules() && WaitForRestart()) || (RestartByNetwork() && WaitForRestart())) {
        Finish(Code::Ok, "");
    } else {
        Finish(Code::NotNow, "the race did not restart: not in a race, or the mode does not allow it");
    }
}

bool RespawnByRules() {
    CSmArenaRulesMode@ rules = cast<CSmArenaRulesMode>(GetApp().PlaygroundScript);
    Car@ car = FindCar();
    if (rules is null || car is null) return false;
    rules.RespawnPlayer(car.player);
    return true;
}

bool RestartByNetwork() {
    CGameCtnNetwork@ network = GetApp().Network;
    if (network is null || network.PlaygroundClientScriptAPI is null || FindCar() is null) return false;
    network.PlaygroundClientScriptAPI.RequestRestartMap();
    return true;
}

bool WaitForRestart() {
    uint64 until = Time::Now + RESTART_WAIT_MS;
    while (Time::Now < until) {
        yield();
        Car@ car = FindCar();
        if (car !is null && car.player.CurrentRaceTime < RESTARTED_MS) return true;
    }
    return false;
}

void LoadMap() {
    if (!Permissions::PlayLocalMap()) {
        Finish(Code::NotPermitted, "this account may not play local maps");
        return;
    }
    CGameManiaPlanet@ app = cast<CGameManiaPlanet>(GetApp());
    if (app is null) {
        Finish(Code::NotNow, "the game is not ready to load a map");
        return;
    }
    app.BackToMainMenu();
    uint64 until = Time::Now + MENU_WAIT_MS;
    while (app.ManiaTitleControlScriptAPI is null || !app.ManiaTitleControlScriptAPI.IsReady) {
        if (Time::Now > until) {
            Finish(Code::NotNow, "the game did not come back to its menu");
            return;
        }
        yield();
    }
    app.ManiaTitleControlScriptAPI.PlayMap(g_path, "TrackMania/TM_PlayMap_Local", "");
    Finish(Code::Ok, "");
}
