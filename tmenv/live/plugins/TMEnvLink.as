// TMEnvLink: lets a program on this computer run TrackMania Nations Forever step by step, through TMInterface 2.1.
// It speaks the protocol of Linesight's plugin (ids 1 to 23), and from 64 on extensions that a client asks for first
// (docs: tmenv.live.tmnf.messages). Each message of the game is a sync: the game waits for the same id to come back.

enum Kind {
    RunStep = 1, CheckpointCount = 2, LapCount = 3, Frame = 4, Connect = 5,
    SetSpeed = 6, RewindToState = 7, RewindToCurrentState = 8, GetSimulationState = 9, SetInputs = 10,
    GiveUp = 11, PreventFinish = 12, Shutdown = 13, RunCommand = 14, SetTimeout = 15, IsRaceFinished = 16,
    RequestFrame = 17, ResetCamera = 18, SetStepPeriod = 19, UnrequestFrame = 20, ToggleInterface = 21,
    IsInMenus = 22, GetInputs = 23,
    Hello = 64, SetAnalogInputs = 65, GetCompactState = 67, GetMapUid = 70
}

const int EXTENSION_VERSION = 1;
const uint CAN_ANALOG = 1;
const uint CAN_COMPACT_STATE = 2;
const uint CAN_INPUT_IN_STEP = 4;
const uint CAN_MAP_UID = 8;

const uint64 FIRST_TIMEOUT_MS = 2000;
const int MOST_BYTES = 1 << 24;
const string PORT_VARIABLE = "custom_port";
const string STEP_VARIABLE = "tmenv_input_in_step";

Net::Socket@ g_listener;
Net::Socket@ g_client;
Net::Socket@ g_newcomer; // replaces the client, also while the game waits for one that has died
bool g_greeted = false;
uint64 g_timeout = FIRST_TIMEOUT_MS;
uint64 g_deadline = 0;
int g_period = 10;
bool g_frameRequested = false;
int g_frameWidth = 0;
int g_frameHeight = 0;

PluginInfo@ GetPluginInfo() {
    PluginInfo info;
    info.Name = "TMEnvLink";
    info.Author = "the tmenv authors";
    info.Version = "1.0.0";
    info.Description = "Runs the game step by step for a program on this computer";
    return info;
}

// Variables given on the command line are set after Main, so the port is opened by a command that comes later.
void Main() {
    RegisterVariable(PORT_VARIABLE, 8478);
    RegisterVariable(STEP_VARIABLE, 1); // 0 if the game crashes when inputs are set in a step: then only in frames
    RegisterCustomCommand("tmenv_link", "Open the port for programs on this computer", OnLinkCommand);
    CommandList commands;
    commands.Content = "tmenv_link";
    commands.Process();
}

void OnLinkCommand(int fromTime, int toTime, const string &in commandLine, const array<string> &in arguments) {
    OnDisabled();
    uint16 port = uint16(GetVariableDouble(PORT_VARIABLE));
    Net::Socket@ listener = Net::Socket();
    if (!listener.Listen("127.0.0.1", port)) {
        log("TMEnvLink cannot listen on port " + port + ": another program has it (set custom_port)");
        return;
    }
    @g_listener = listener;
    log("TMEnvLink listens on 127.0.0.1:" + port);
}

void OnDisabled() {
    Drop();
    if (g_listener !is null) g_listener.Close();
    @g_listener = null;
}

void Render() {
    if (g_listener is null) return;
    if (HasNewcomer()) {
        Drop();
        @g_client = g_newcomer;
        @g_newcomer = null;
        g_client.NoDelay = true;
        g_greeted = false;
    }
    if (g_client is null) return;
    if (!g_greeted && GetCurrentGameState() != TM::GameState::StartUp) {
        g_greeted = true;
        Sync(Kind::Connect, Message(Kind::Connect));
    }
    if (g_frameRequested) SendFrame();
}

bool HasNewcomer() {
    if (g_newcomer is null) @g_newcomer = g_listener.Accept(0);
    return g_newcomer !is null;
}

void SendFrame() {
    const array<uint8>@ picture = Graphics::CaptureScreenshot(vec2(g_frameWidth, g_frameHeight));
    if (!g_client.Write(Message(Kind::Frame))) Drop();
    else Sync(Kind::Frame, picture);
    g_frameRequested = false; // what is requested while the frame is answered is lost, as clients expect
}

void OnRunStep(SimulationManager@ sim) {
    if (!IsReady()) return;
    if (sim.RaceTime % g_period != 0 && sim.TickTime <= sim.RaceTime) return;
    Sync(Kind::RunStep, Message(Kind::RunStep, sim.RaceTime));
}

void OnCheckpointCountChanged(SimulationManager@ sim, int current, int target) {
    if (IsReady()) Sync(Kind::CheckpointCount, Message(Kind::CheckpointCount, current, target));
}

void OnLapCountChanged(SimulationManager@ sim, int current, int target) {
    if (IsReady()) Sync(Kind::LapCount, Message(Kind::LapCount, current, target));
}

bool IsReady() { return g_client !is null && g_greeted; }

// Bytes out

array<uint8> Message(int kind) {
    array<uint8> bytes;
    PutInt(bytes, kind);
    return bytes;
}

array<uint8> Message(int kind, int value) {
    array<uint8> bytes = Message(kind);
    PutInt(bytes, value);
    return bytes;
}

array<uint8> Message(int kind, int first, int second) {
    array<uint8> bytes = Message(kind, first);
    PutInt(bytes, second);
    return bytes;
}

void PutInt(array<uint8>& bytes, int value) {
    uint at = bytes.Length;
    bytes.Resize(at + 4);
    for (uint i = 0; i < 4; i++) bytes[at + i] = uint8(value >> (8 * i));
}

void SendInt(int value) {
    array<uint8> bytes;
    PutInt(bytes, value);
    g_client.Write(bytes);
}

void SendBytes(const array<uint8>@ data) {
    SendInt(int(data.Length));
    g_client.Write(data);
}

void SendText(const string &in text) {
    SendInt(int(text.Length));
    g_client.Write(text);
}

// Syncs

// Send a message and serve the client until it answers with the same id. The clock counts only while nothing arrives.
void Sync(int kind, const array<uint8>@ message) {
    g_deadline = Time::Now + g_timeout;
    if (!g_client.Write(message)) Drop();
    while (g_client !is null && Await(4)) {
        int request = g_client.ReadInt32();
        if (request == kind) return;
        Serve(request);
    }
}

// Wait for so many bytes; false, and no client any more, if they do not come.
bool Await(int size) {
    while (g_client.Available < size) {
        if (Time::Now <= g_deadline && !HasNewcomer()) continue;
        log("TMEnvLink: the client did not answer in time, or another one came, and is dropped");
        Drop();
        return false;
    }
    return true;
}

void Drop() {
    if (g_client is null) return;
    g_client.Close();
    @g_client = null;
    g_timeout = FIRST_TIMEOUT_MS;
    g_frameRequested = false;
    SimulationManager@ sim = GetSimulationManager();
    if (sim.InRace) SetInputs(sim, 0, false, false, false, false); // the car must not keep driving by itself
}

void SetInputs(SimulationManager@ sim, int steer, bool left, bool right, bool gas, bool brake) {
    sim.SetInputState(InputType::Steer, steer);
    sim.SetInputState(InputType::Left, left ? 1 : 0);
    sim.SetInputState(InputType::Right, right ? 1 : 0);
    sim.SetInputState(InputType::Up, gas ? 1 : 0);
    sim.SetInputState(InputType::Down, brake ? 1 : 0);
}

void Serve(int request) {
    SimulationManager@ sim = GetSimulationManager();
    switch (request) {
        case Kind::SetSpeed: if (Await(4)) sim.SetSpeed(g_client.ReadFloat()); break;
        case Kind::RewindToState: Rewind(sim); break;
        case Kind::RewindToCurrentState: if (sim.InRace) sim.RewindToState(sim.SaveState()); break;
        case Kind::GetSimulationState: SendBytes(sim.SaveState().ToArray()); break;
        case Kind::SetInputs: ReadKeys(sim); break;
        case Kind::GiveUp: if (sim.InRace) sim.GiveUp(); break;
        case Kind::PreventFinish: if (sim.InRace) sim.PreventSimulationFinish(); break;
        case Kind::Shutdown: Drop(); break;
        case Kind::RunCommand: ReadCommand(); break;
        case Kind::SetTimeout: if (Await(4)) g_timeout = g_client.ReadUint32(); break;
        case Kind::IsRaceFinished: SendInt(sim.PlayerInfo.RaceFinished || sim.TickTime > sim.RaceTime ? 1 : 0); break;
        case Kind::RequestFrame: ReadFrameSize(); break;
        case Kind::ResetCamera: sim.ResetCamera(); break;
        case Kind::SetStepPeriod: ReadPeriod(); break;
        case Kind::UnrequestFrame: g_frameRequested = false; break;
        case Kind::ToggleInterface: if (Await(4)) ToggleRaceInterface(g_client.ReadInt32() != 0); break;
        case Kind::IsInMenus: SendInt(GetCurrentGameState() == TM::GameState::Menus ? 1 : 0); break;
        case Kind::GetInputs: SendText(sim.InputEvents.ToCommandsText()); break;
        case Kind::Hello: Greet(); break;
        case Kind::SetAnalogInputs: ReadAnalog(sim); break;
        case Kind::GetCompactState: SendBytes(CompactState(sim)); break;
        case Kind::GetMapUid: SendText(MapUid()); break;
        default: log("TMEnvLink: unknown message " + request + " is skipped");
    }
}

void Rewind(SimulationManager@ sim) {
    int size = ReadSize();
    if (size < 0 || !Await(size)) return;
    SimulationState state(g_client.ReadBytes(size));
    if (sim.InRace) sim.RewindToState(state);
}

void ReadKeys(SimulationManager@ sim) {
    if (!Await(4)) return;
    bool left = g_client.ReadUint8() != 0;
    bool right = g_client.ReadUint8() != 0;
    bool gas = g_client.ReadUint8() != 0;
    bool brake = g_client.ReadUint8() != 0;
    if (sim.InRace) SetInputs(sim, 0, left, right, gas, brake);
}

void ReadAnalog(SimulationManager@ sim) {
    if (!Await(9)) return;
    int steer = g_client.ReadInt32();
    bool gas = g_client.ReadInt32() > 0; // as a key: sources disagree about the threshold of the analog pedal
    bool brake = g_client.ReadUint8() != 0;
    if (sim.InRace) SetInputs(sim, steer, false, false, gas, brake);
}

void ReadCommand() {
    int size = ReadSize();
    if (size >= 0 && Await(size)) ExecuteCommand(g_client.ReadString(size));
}

void ReadFrameSize() {
    if (!Await(8)) return;
    g_frameWidth = g_client.ReadInt32();
    g_frameHeight = g_client.ReadInt32();
    g_frameRequested = true;
}

void ReadPeriod() {
    if (!Await(4)) return;
    int period = g_client.ReadInt32();
    g_period = period < 10 ? 10 : period;
}

// A length; -1, and no client any more, if it is absurd: the stream is broken then.
int ReadSize() {
    if (!Await(4)) return -1;
    int size = g_client.ReadInt32();
    if (size >= 0 && size <= MOST_BYTES) return size;
    Drop();
    return -1;
}

void Greet() {
    uint can = CAN_ANALOG | CAN_COMPACT_STATE | CAN_MAP_UID;
    if (GetVariableDouble(STEP_VARIABLE) != 0) can |= CAN_INPUT_IN_STEP;
    array<uint8> bytes;
    PutInt(bytes, EXTENSION_VERSION);
    PutInt(bytes, int(can));
    g_client.Write(bytes);
}

string MapUid() {
    Challenge@ map = GetCurrentChallenge();
    return map is null ? "" : map.Uid;
}

const uint COMPACT_BYTES = 188;
uint g_taken = 0;

// Of the 8 kB of a state the bytes that a step needs, in the order of tmenv.live.tmnf.compact.
array<uint8>@ CompactState(SimulationManager@ sim) {
    const array<uint8>@ state = sim.SaveState().ToArray();
    array<uint8> compact;
    compact.Resize(COMPACT_BYTES);
    g_taken = 0;
    Take(compact, state, 688, 60);   // rotation, position, velocity
    Take(compact, state, 760, 12);   // angular velocity
    Take(compact, state, 1728, 12);  // gas, brake, steer
    Take(compact, state, 2388, 4);   // gearbox
    Take(compact, state, 3112, 4);   // rpm
    Take(compact, state, 3128, 4);   // gear
    Take(compact, state, 3172, 4);   // turbo
    Take(compact, state, 3196, 4);   // free wheeling
    for (uint wheel = 0; wheel < 4; wheel++) {
        Take(compact, state, 3816 + 764 * wheel + 180, 4);   // damper
        Take(compact, state, 3816 + 764 * wheel + 292, 12);  // contact, material, sliding
    }
    Take(compact, state, 7892, 4);   // race time
    Take(compact, state, 8024, 16);  // checkpoints, lap, finished, speed
    return compact;
}

void Take(array<uint8>& into, const array<uint8>@ from, uint offset, uint size) {
    for (uint i = 0; i < size; i++) into[g_taken + i] = from[offset + i];
    g_taken += size;
}
