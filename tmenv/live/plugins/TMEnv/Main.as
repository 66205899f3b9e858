// TMEnv: tells a program on this computer about the car, every rendered frame, and does what it asks.

[Setting category="TMEnv" name="Port" description="Where programs on this computer connect" min=1024 max=65535]
int Setting_Port = 9010;

[Setting category="TMEnv" name="tmrl stream" description="Send tmrl's bare 44-byte packets (use port 9000 for tmrl)"]
bool Setting_Tmrl = false;

Server@ g_server;
bool g_reopen = false;

void Main() {
    Open();
    Watcher watcher;
    while (true) {
        if (g_reopen) {
            Shut();
            Open();
            g_reopen = false;
        }
        if (g_server.IsOpen()) {
            g_server.Poll();
            Car@ car = FindCar();
            if (g_server.HasClient()) watcher.Tell(car);
            if (car !is null) g_server.SendState(car);
        }
        yield();
    }
}

void Open() {
    @g_server = Server();
    if (g_server.Open(uint16(Setting_Port), Setting_Tmrl)) {
        print("TMEnv listens on 127.0.0.1:" + Setting_Port);
    } else {
        warn("TMEnv cannot listen on port " + Setting_Port + ": another program has it. Change it in the settings.");
    }
}

void Shut() {
    if (g_server !is null) g_server.Close();
}

void OnSettingsChanged() { g_reopen = true; }
void OnEnabled() { g_reopen = true; }
void OnDisabled() { Shut(); }
void OnDestroyed() { Shut(); }

// Compares each frame with the one before and tells what happened.
class Watcher {
    private bool m_racing = false;
    private bool m_finished;
    private string m_map = MapUid();
    private int m_raceTime;
    private uint m_waypoints;
    private uint m_lap;
    private uint m_respawns;

    void Tell(Car@ car) {
        TellMap();
        if (car is null) {
            if (m_racing) g_server.SendEvent(EventKind::LeftRace, -1, 0);
            m_racing = false;
            return;
        }
        if (m_racing) TellRace(car);
        m_racing = true;
        m_finished = IsFinished(car);
        m_raceTime = car.player.CurrentRaceTime;
        m_waypoints = car.player.RaceWaypointTimes.Length;
        m_lap = car.player.CurrentLapNumber;
        m_respawns = car.player.CurrentRaceRespawns;
    }

    private void TellMap() {
        string map = MapUid();
        if (map == m_map) return;
        m_map = map;
        g_server.SendEvent(EventKind::MapChanged, -1, 0);
        g_server.SendHello();
    }

    private void TellRace(Car@ car) {
        CSmScriptPlayer@ player = car.player;
        int now = player.CurrentRaceTime;
        uint waypoints = player.RaceWaypointTimes.Length;
        if (now < m_raceTime) g_server.SendEvent(EventKind::RaceRestart, now, 0);
        if (waypoints > m_waypoints) g_server.SendEvent(EventKind::Checkpoint, now, int(waypoints));
        if (player.CurrentLapNumber > m_lap) g_server.SendEvent(EventKind::Lap, now, int(player.CurrentLapNumber));
        if (IsFinished(car) && !m_finished) g_server.SendEvent(EventKind::Finish, now, int(waypoints));
        if (player.CurrentRaceRespawns > m_respawns) {
            g_server.SendEvent(EventKind::Respawn, now, int(player.CurrentRaceRespawns));
        }
    }
}
