// What is read from the game each frame. Any of these may be null in menus, while a map loads, or online.

const uint8 FINISH_SEQUENCE = 11;
const uint NO_CONTACT = 80;

class Car {
    CGameTerminal@ terminal;
    CSmScriptPlayer@ player;
    CSceneVehicleVisState@ vis; // null for some frames after a spawn
}

// The car that is driven on this screen, null outside a race.
Car@ FindCar() {
    CSmArenaClient@ arena = cast<CSmArenaClient>(GetApp().CurrentPlayground);
    if (arena is null || arena.GameTerminals.Length == 0) return null;
    CGameTerminal@ terminal = arena.GameTerminals[0];
    if (terminal is null) return null;
    CSmPlayer@ player = cast<CSmPlayer>(terminal.GUIPlayer);
    if (player is null) @player = cast<CSmPlayer>(terminal.ControlledPlayer);
    if (player is null) return null;
    Car car;
    @car.player = cast<CSmScriptPlayer>(player.ScriptAPI);
    if (car.player is null) return null;
    @car.terminal = terminal;
    @car.vis = VehicleState::ViewingPlayerState();
    return car;
}

string MapUid() {
    CGameCtnChallenge@ map = GetApp().RootMap;
    return map is null ? "" : map.EdChallengeId;
}

uint16 MapLaps() {
    CGameCtnChallenge@ map = GetApp().RootMap;
    return map is null ? 0 : uint16(map.TMObjective_NbLaps);
}

bool IsFinished(Car@ car) {
    return int(car.terminal.UISequence_Current) == FINISH_SEQUENCE;
}

float Along(const vec3 &in a, const vec3 &in b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

MemoryBuffer@ StateFrame(Car@ car) {
    auto frame = NewFrame(Kind::State, STATE_BYTES);
    CSmScriptPlayer@ player = car.player;
    frame.Write(uint(Time::FrameCount));
    frame.Write(Time::Now);
    frame.Write(player.CurrentRaceTime);
    frame.Write(uint8(int(player.SpawnStatus)));
    frame.Write(uint8(int(car.terminal.UISequence_Current)));
    frame.Write(uint16(player.RaceWaypointTimes.Length));
    frame.Write(uint16(player.CurrentLapNumber));
    frame.Write(uint16(player.CurrentRaceRespawns));
    WriteMotion(frame, car);
    frame.Write(player.InputSteer);
    frame.Write(player.InputGasPedal);
    frame.Write(player.InputIsBraking ? 1.0f : 0.0f);
    frame.Write(player.EngineCurGear);
    frame.Write(player.EngineRpm);
    frame.Write(player.WheelsContactCount);
    frame.Write(player.WheelsSkiddingCount);
    frame.Write(player.FlyingDuration);
    WriteWheels(frame, car.vis);
    return frame;
}

void WriteMotion(MemoryBuffer@ frame, Car@ car) {
    vec3 velocity = car.player.Velocity;
    vec3 forward = car.vis is null ? car.player.AimDirection : car.vis.Dir;
    vec3 up = car.vis is null ? car.player.UpDirection : car.vis.Up;
    vec3 left = car.vis is null ? car.player.LeftDirection : car.vis.Left;
    WriteVector(frame, car.player.Position);
    WriteVector(frame, velocity);
    WriteVector(frame, forward);
    WriteVector(frame, up);
    frame.Write(car.player.Speed);
    frame.Write(Along(velocity, forward));
    frame.Write(Along(velocity, left));
}

void WriteWheels(MemoryBuffer@ frame, CSceneVehicleVisState@ vis) {
    if (vis is null) {
        for (int wheel = 0; wheel < 4; wheel++) WriteWheel(frame, 0, 0, 0, NO_CONTACT);
        return;
    }
    WriteWheel(frame, vis.FLSlipCoef, vis.FLSteerAngle, vis.FLDamperLen, uint(vis.FLGroundContactMaterial));
    WriteWheel(frame, vis.FRSlipCoef, vis.FRSteerAngle, vis.FRDamperLen, uint(vis.FRGroundContactMaterial));
    WriteWheel(frame, vis.RLSlipCoef, vis.RLSteerAngle, vis.RLDamperLen, uint(vis.RLGroundContactMaterial));
    WriteWheel(frame, vis.RRSlipCoef, vis.RRSteerAngle, vis.RRDamperLen, uint(vis.RRGroundContactMaterial));
}

void WriteWheel(MemoryBuffer@ frame, float slip, float angle, float damper, uint material) {
    frame.Write(slip);
    frame.Write(angle);
    frame.Write(damper);
    frame.Write(material);
}

// The 44 bytes that tmrl's plugin sends.
MemoryBuffer@ TmrlPacket(Car@ car) {
    MemoryBuffer@ packet = MemoryBuffer(0);
    CSmScriptPlayer@ player = car.player;
    packet.Write(player.Speed);
    packet.Write(player.Distance);
    WriteVector(packet, player.Position);
    packet.Write(player.InputSteer);
    packet.Write(player.InputGasPedal);
    packet.Write(player.InputIsBraking ? 1.0f : 0.0f);
    packet.Write(IsFinished(car) ? 1.0f : 0.0f);
    packet.Write(float(player.EngineCurGear));
    packet.Write(player.EngineRpm);
    return packet;
}
