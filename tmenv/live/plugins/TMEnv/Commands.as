// What a client may ask for. Answers that take time are given by coroutines of their own.

const int RESTARTED_MS = 100;
const uint64 RESTART_WAIT_MS = 800;

uint g_restartSequence = 0;
uint g_loadSequence = 0;
string g_loadPath;

// Restart the race; of the two ways the first may do nothing (online, some modes), so what counts is the race time.
void RestartRace() {
    uint sequence = g_restartSequence;
    if (RespawnByRules() && WaitForRestart()) {
        g_server.Answer(sequence, Code::Ok, "");
        return;
    }
    if (RestartByNetwork() && WaitForRestart()) {
        g_server.Answer(sequence, Code::Ok, "");
        return;
    }
    g_server.Answer(sequence, Code::NotNow, "the race did not restart: not in a race, or the mode does not allow it");
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
    uint sequence = g_loadSequence;
    string path = g_loadPath;
    if (!Permissions::PlayLocalMap()) {
        g_server.Answer(sequence, Code::NotPermitted, "this account may not play local maps");
        return;
    }
    CGameManiaPlanet@ app = cast<CGameManiaPlanet>(GetApp());
    if (app is null || app.ManiaTitleControlScriptAPI is null) {
        g_server.Answer(sequence, Code::NotNow, "the game is not ready to load a map");
        return;
    }
    g_server.Answer(sequence, Code::Ok, "");
    app.BackToMainMenu();
    while (!app.ManiaTitleControlScriptAPI.IsReady) yield();
    app.ManiaTitleControlScriptAPI.PlayMap(path, "TrackMania/TM_PlayMap_Local", "");
}
