// The wire: frames of a length, a version and a type, then the payload; little-endian (docs: tmenv.live.tm2020.framed).

const uint8 PROTOCOL_VERSION = 1;
const uint HEADER_BYTES = 12;
const uint LENGTH_BYTES = 4;
const uint MOST_BYTES = 1 << 20;
const uint16 STATE_BYTES = 180;
const string PLUGIN_VERSION = "TMEnv 1.0.0";

enum Kind {
    Hello = 1,
    State = 2,
    Event = 3,
    Reply = 4,
    Restart = 16,
    LoadMap = 17,
    SetRate = 18,
    Ping = 19,
    Quit = 20,
    Legacy = 21
}

enum EventKind {
    Checkpoint = 1,
    Lap = 2,
    Finish = 3,
    Respawn = 4,
    RaceRestart = 5,
    MapChanged = 6,
    LeftRace = 7
}

enum Code {
    Ok = 0,
    UnknownCommand = 1,
    Busy = 2,
    UnsupportedVersion = 3,
    NotNow = 4,
    NotPermitted = 5,
    BadPayload = 6
}

const uint CAN_RESTART = 1;
const uint CAN_LOAD_MAP = 2;
const uint CAN_VIS_STATE = 4;

// A frame with its header; a new buffer for each, because a reused one keeps the tail of a longer frame.
MemoryBuffer@ NewFrame(Kind kind, uint payloadBytes, uint sequence = 0) {
    MemoryBuffer@ frame = MemoryBuffer(0);
    frame.Write(uint(HEADER_BYTES - LENGTH_BYTES + payloadBytes));
    frame.Write(PROTOCOL_VERSION);
    frame.Write(uint8(kind));
    frame.Write(uint16(0));
    frame.Write(sequence);
    return frame;
}

void WriteText(MemoryBuffer@ frame, const string &in text) {
    frame.Write(uint16(text.Length));
    frame.Write(text);
}

void WriteVector(MemoryBuffer@ frame, const vec3 &in v) {
    frame.Write(v.x);
    frame.Write(v.y);
    frame.Write(v.z);
}

MemoryBuffer@ ReplyFrame(uint sequence, Code code, const string &in message) {
    auto frame = NewFrame(Kind::Reply, 8 + 2 + message.Length, 0);
    frame.Write(sequence);
    frame.Write(int(code));
    WriteText(frame, message);
    return frame;
}

MemoryBuffer@ EventFrame(EventKind kind, int raceTime, int value) {
    auto frame = NewFrame(Kind::Event, 9);
    frame.Write(uint8(kind));
    frame.Write(raceTime);
    frame.Write(value);
    return frame;
}

MemoryBuffer@ HelloFrame(const string &in mapUid, uint16 laps) {
    auto frame = NewFrame(Kind::Hello, 6 + 2 + PLUGIN_VERSION.Length + 2 + mapUid.Length + 8);
    frame.Write(uint16(PROTOCOL_VERSION));
    frame.Write(uint16(PROTOCOL_VERSION));
    frame.Write(STATE_BYTES);
    WriteText(frame, PLUGIN_VERSION);
    WriteText(frame, mapUid);
    frame.Write(uint16(0)); // the game's scripts do not tell how many checkpoints a map has
    frame.Write(laps);
    frame.Write(CAN_RESTART | CAN_LOAD_MAP | CAN_VIS_STATE);
    return frame;
}
