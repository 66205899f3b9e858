// Runs an Openplanet plugin: openplanet API_FILE PORT FILE.as ...
// A car drives along z at 10 m/s on race time; lines of standard input change the world, and each is answered.

#include "harness.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <new>
#include <sstream>
#include <thread>

class MemoryBuffer {
public:
    static MemoryBuffer* create(uint64_t) { return new MemoryBuffer; }
    void AddRef() { ++references_; }
    void Release() { if (--references_ == 0) delete this; }
    template <class T> void Write(T value) { put(reinterpret_cast<const char*>(&value), sizeof value); }
    void WriteString(const std::string& text) { put(text.data(), text.size()); }
    void Seek(uint64_t position, int) { at_ = position; }
    uint64_t GetSize() { return data_.size(); }
    bool send(Socket* socket, uint64_t size) const { return at_ + size <= data_.size() && socket->Send(data_.data() + at_, size); }

private:
    std::string data_;
    uint64_t at_ = 0;
    int references_ = 1;
    void put(const char* bytes, size_t size) {  // overwrites in place and keeps the old tail, as Openplanet's does
        if (at_ + size > data_.size()) data_.resize(at_ + size);
        std::memcpy(data_.data() + at_, bytes, size);
        at_ += size;
    }
};

static bool write_buffer(Socket* socket, MemoryBuffer* buffer, uint64_t size) {
    bool good = buffer->send(socket, size);
    buffer->Release();
    return good;
}
static Socket* new_socket() { return new Socket; }
static void make_wide(const std::string& text, std::string* place) { new (place) std::string(text); }
static void make_empty(std::string* place) { new (place) std::string; }
static void copy_wide(const std::string& other, std::string* place) { new (place) std::string(other); }
static void drop_wide(std::string* place) { place->~basic_string(); }

struct World {
    Host& host;
    void *app, *arena, *rules, *terminal, *player, *api, *map, *vis, *title, *network, *client_api;
    bool permitted = true, vis_there = true;
    int race_ms = 0, waypoints = 0, respawns_ignored = 0;
    uint64_t frames = 0;
    std::string played;

    explicit World(Host& h) : host(h) {
        app = h.make("CGameManiaPlanet"), arena = h.make("CSmArenaClient"), rules = h.make("CSmArenaRulesMode");
        terminal = h.make("CGameTerminal"), player = h.make("CSmPlayer"), api = h.make("CSmScriptPlayer");
        map = h.make("CGameCtnChallenge"), vis = h.make("CSceneVehicleVisState");
        title = h.make("CGameManiaTitleControlScriptAPI"), network = h.make("CGameCtnNetwork");
        client_api = h.make("CGamePlaygroundClientScriptAPI");
        h.at<void*>(player, "ScriptAPI") = api;
        h.at<void*>(network, "PlaygroundClientScriptAPI") = client_api;
        h.at<void*>(app, "ManiaTitleControlScriptAPI") = title;
        h.at<void*>(app, "Network") = network;
        h.at<FastBuffer>(arena, "GameTerminals").items = {reinterpret_cast<uint64_t>(terminal)};
        h.at<std::string>(map, "EdChallengeId") = "HarnessMap";
        h.at<unsigned>(map, "TMObjective_NbLaps") = 1;
        h.at<bool>(title, "IsReady") = true;
        race();
    }

    void race() {
        host.at<void*>(app, "CurrentPlayground") = arena;
        host.at<void*>(app, "PlaygroundScript") = rules;
        host.at<void*>(app, "RootMap") = map;
        host.at<void*>(terminal, "GUIPlayer") = player;
        race_ms = -1500, waypoints = 0;
        host.at<int>(terminal, "UISequence_Current") = 1;
    }

    void restart() {
        if (respawns_ignored > 0) respawns_ignored--;
        else race();
    }

    void frame(int elapsed_ms) {
        frames++;
        race_ms += elapsed_ms;
        float seconds = float(race_ms > 0 ? race_ms : 0) / 1000.0f;
        host.at<int>(api, "CurrentRaceTime") = race_ms;
        host.at<int>(api, "SpawnStatus") = 2;
        host.at<Vec3>(api, "Position") = host.at<Vec3>(vis, "Position") = {100.0f, 9.0f, 10.0f * seconds};
        host.at<Vec3>(api, "Velocity") = {0.5f, 0.0f, race_ms > 0 ? 10.0f : 0.0f};
        host.at<Vec3>(api, "AimDirection") = host.at<Vec3>(vis, "Dir") = {0, 0, 1};
        host.at<Vec3>(api, "UpDirection") = host.at<Vec3>(vis, "Up") = {0, 1, 0};
        host.at<Vec3>(api, "LeftDirection") = host.at<Vec3>(vis, "Left") = {1, 0, 0};
        host.at<float>(api, "Speed") = race_ms > 0 ? 10.0f : 0.0f;
        host.at<float>(api, "Distance") = 10.0f * seconds;
        host.at<float>(api, "InputSteer") = 0.25f;
        host.at<float>(api, "InputGasPedal") = 1.0f;
        host.at<int>(api, "EngineCurGear") = 3;
        host.at<float>(api, "EngineRpm") = 7000.0f;
        host.at<unsigned>(api, "WheelsContactCount") = 4;
        host.at<FastBuffer>(api, "RaceWaypointTimes").items.assign(size_t(waypoints), 1000);
        const char* corners[] = {"FL", "FR", "RL", "RR"};
        for (int i = 0; i < 4; i++) {
            std::string corner = corners[i];
            host.at<float>(vis, corner + "SlipCoef") = 0.1f * float(i);
            host.at<float>(vis, corner + "DamperLen") = 0.2f;
            host.at<int>(vis, corner + "GroundContactMaterial") = 16;
        }
    }

    // What a line of standard input asks for.
    void obey(const std::string& line) {
        std::istringstream words(line);
        std::string word, value;
        words >> word >> value;
        if (word == "race") race();
        else if (word == "null") host.at<void*>(value == "GUIPlayer" ? terminal : app, value) = nullptr;
        else if (word == "controlled") host.at<void*>(terminal, "ControlledPlayer") = player;
        else if (word == "novis") vis_there = false;
        else if (word == "waypoint") waypoints++;
        else if (word == "finish") waypoints++, host.at<int>(terminal, "UISequence_Current") = 11;
        else if (word == "lap") host.at<unsigned>(api, "CurrentLapNumber")++;
        else if (word == "respawn") host.at<unsigned>(api, "CurrentRaceRespawns")++;
        else if (word == "map") host.at<std::string>(map, "EdChallengeId") = value;
        else if (word == "deaf") respawns_ignored = std::stoi(value);
        else if (word == "busy") host.at<bool>(title, "IsReady") = false;
        else if (word == "ready") host.at<bool>(title, "IsReady") = true;
        else if (word == "forbid") permitted = false;
        else if (word == "played") { std::printf("%s\n", played.c_str()); std::fflush(stdout); return; }
        else fail("unknown line: " + line);
        std::printf("ok\n");
        std::fflush(stdout);
    }
};

static void register_types(Host& host) {
    asIScriptEngine* e = host.engine;
    e->RegisterObjectType("wstring", sizeof(std::string), asOBJ_VALUE | asGetTypeTraits<std::string>());
    e->RegisterObjectBehaviour("wstring", asBEHAVE_CONSTRUCT, "void f()", asFUNCTION(make_empty), asCALL_CDECL_OBJLAST);
    e->RegisterObjectBehaviour("wstring", asBEHAVE_CONSTRUCT, "void f(const string &in)", asFUNCTION(make_wide), asCALL_CDECL_OBJLAST);
    e->RegisterObjectBehaviour("wstring", asBEHAVE_CONSTRUCT, "void f(const wstring &in)", asFUNCTION(copy_wide), asCALL_CDECL_OBJLAST);
    e->RegisterObjectBehaviour("wstring", asBEHAVE_DESTRUCT, "void f()", asFUNCTION(drop_wide), asCALL_CDECL_OBJLAST);
    e->RegisterObjectType("MemoryBuffer", 0, asOBJ_REF);
    host.native_factory("MemoryBuffer", "MemoryBuffer@ f(uint64 size)", asFUNCTION(MemoryBuffer::create));
    e->RegisterObjectBehaviour("MemoryBuffer", asBEHAVE_ADDREF, "void f()", asMETHOD(MemoryBuffer, AddRef), asCALL_THISCALL);
    e->RegisterObjectBehaviour("MemoryBuffer", asBEHAVE_RELEASE, "void f()", asMETHOD(MemoryBuffer, Release), asCALL_THISCALL);
    host.native_method("MemoryBuffer", "void Write(uint8 value)", asMETHODPR(MemoryBuffer, Write<uint8_t>, (uint8_t), void), asCALL_THISCALL);
    host.native_method("MemoryBuffer", "void Write(uint16 value)", asMETHODPR(MemoryBuffer, Write<uint16_t>, (uint16_t), void), asCALL_THISCALL);
    host.native_method("MemoryBuffer", "void Write(uint value)", asMETHODPR(MemoryBuffer, Write<uint32_t>, (uint32_t), void), asCALL_THISCALL);
    host.native_method("MemoryBuffer", "void Write(uint64 value)", asMETHODPR(MemoryBuffer, Write<uint64_t>, (uint64_t), void), asCALL_THISCALL);
    host.native_method("MemoryBuffer", "void Write(int value)", asMETHODPR(MemoryBuffer, Write<int32_t>, (int32_t), void), asCALL_THISCALL);
    host.native_method("MemoryBuffer", "void Write(float value)", asMETHODPR(MemoryBuffer, Write<float>, (float), void), asCALL_THISCALL);
    host.native_method("MemoryBuffer", "void Write(const string &in value)", asMETHOD(MemoryBuffer, WriteString), asCALL_THISCALL);
    host.native_method("MemoryBuffer", "void Seek(uint64 position, int from = 0)", asMETHOD(MemoryBuffer, Seek), asCALL_THISCALL);
    host.native_method("MemoryBuffer", "uint64 GetSize()", asMETHOD(MemoryBuffer, GetSize), asCALL_THISCALL);
    e->SetDefaultNamespace("Net");
    e->RegisterObjectType("Socket", 0, asOBJ_REF);
    e->RegisterObjectBehaviour("Socket", asBEHAVE_ADDREF, "void f()", asMETHOD(Socket, AddRef), asCALL_THISCALL);
    e->RegisterObjectBehaviour("Socket", asBEHAVE_RELEASE, "void f()", asMETHOD(Socket, Release), asCALL_THISCALL);
    e->SetDefaultNamespace("");
    host.native_factory("Net::Socket", "Net::Socket@ f()", asFUNCTION(new_socket));
    host.native_method("Net::Socket", "bool Listen(const string &in host, uint16 port)", asMETHOD(Socket, Listen), asCALL_THISCALL);
    host.native_method("Net::Socket", "void Close()", asMETHOD(Socket, Close), asCALL_THISCALL);
    host.native_method("Net::Socket", "Net::Socket@ Accept()", asMETHOD(Socket, Accept), asCALL_THISCALL);
    host.native_method("Net::Socket", "bool IsHungUp()", asMETHOD(Socket, IsHungUp), asCALL_THISCALL);
    host.native_method("Net::Socket", "int Available()", asMETHOD(Socket, Available), asCALL_THISCALL);
    host.native_method("Net::Socket", "string ReadRaw(int size)", asMETHOD(Socket, ReadRaw), asCALL_THISCALL);
    host.native_method("Net::Socket", "uint8 ReadUint8()", asMETHODPR(Socket, Read<uint8_t>, (), uint8_t), asCALL_THISCALL);
    host.native_method("Net::Socket", "uint16 ReadUint16()", asMETHODPR(Socket, Read<uint16_t>, (), uint16_t), asCALL_THISCALL);
    host.native_method("Net::Socket", "uint ReadUint32()", asMETHODPR(Socket, Read<uint32_t>, (), uint32_t), asCALL_THISCALL);
    host.native_method("Net::Socket", "uint64 ReadUint64()", asMETHODPR(Socket, Read<uint64_t>, (), uint64_t), asCALL_THISCALL);
    host.native_method("Net::Socket", "bool Write(MemoryBuffer@ buffer, uint64 size = 0)", asFUNCTION(write_buffer), asCALL_CDECL_OBJFIRST);
}

static void register_functions(Host& host, World*& world) {
    auto say = [](Generic* g) { std::fprintf(stderr, "%s\n", static_cast<std::string*>(g->GetArgObject(0))->c_str()); };
    host.engine->RegisterFuncdef("void CoroutineFunc()");
    host.native("CGameCtnApp@ GetApp()", [&](Generic* g) { g->SetReturnAddress(world->app); });
    host.native("void yield()", [](Generic*) { asGetActiveContext()->Suspend(); });
    host.native("void sleep(uint64 milliseconds)", [&](Generic* g) { host.sleep_current(g->GetArgQWord(0)); });
    host.native("void startnew(CoroutineFunc@ func)", [&](Generic* g) {
        host.start(static_cast<asIScriptFunction*>(g->GetArgAddress(0)));
    });
    host.native("void print(const string &in text)", say);
    host.native("void warn(const string &in text)", say);
    host.native("uint64 Time::get_Now() property", [](Generic* g) { g->SetReturnQWord(now_ms()); });
    host.native("uint64 Time::get_FrameCount() property", [&](Generic* g) { g->SetReturnQWord(world->frames); });
    host.native("bool Permissions::PlayLocalMap()", [&](Generic* g) { g->SetReturnByte(world->permitted); });
    host.native("CSceneVehicleVisState@ VehicleState::ViewingPlayerState()", [&](Generic* g) {
        g->SetReturnAddress(world->vis_there ? world->vis : nullptr);
    });
    host.methods["CSmArenaRulesMode::void RespawnPlayer(CSmScriptPlayer@ player)"] = [&](Generic*) { world->restart(); };
    host.methods["CGamePlaygroundClientScriptAPI::void RequestRestartMap()"] = [&](Generic*) { world->restart(); };
    host.methods["CGameManiaPlanet::void BackToMainMenu()"] = [&](Generic*) {
        host.at<void*>(world->app, "CurrentPlayground") = nullptr;
    };
    host.methods["CGameManiaTitleControlScriptAPI::void PlayMap(wstring map, wstring mode, string settingsXml)"] = [&](Generic* g) {
        world->played = *static_cast<std::string*>(g->GetArgObject(0)) + "|" + *static_cast<std::string*>(g->GetArgObject(1));
        world->race();
    };
}

int main(int count, char** arguments) {
    if (count < 4) fail("usage: openplanet API_FILE PORT FILE.as ...");
    Host host(arguments[1]);
    World* world = nullptr;
    host.declare_enums();
    register_types(host);
    host.declare_classes();
    register_functions(host, world);
    host.classes();
    host.load({arguments + 3, arguments + count});
    World here(host);
    world = &here;
    if (auto* port = static_cast<int*>(host.module->GetAddressOfGlobalVar(host.module->GetGlobalVarIndexByName("Setting_Port"))))
        *port = std::stoi(arguments[2]);
    here.frame(0);
    host.start("void Main()");
    std::string line;
    for (uint64_t next = now_ms();; next += 10) {
        while (read_line(line)) {
            if (line == "quit") {
                host.call("void OnDestroyed()");
                return 0;
            }
            if (line == "reopen") host.call("void OnSettingsChanged()"), std::printf("ok\n"), std::fflush(stdout);
            else if (line == "tmrl") {
                *static_cast<bool*>(host.module->GetAddressOfGlobalVar(host.module->GetGlobalVarIndexByName("Setting_Tmrl"))) = true;
                host.call("void OnSettingsChanged()"), std::printf("ok\n"), std::fflush(stdout);
            } else here.obey(line);
        }
        here.frame(10);
        host.run_coroutines();
        uint64_t now = now_ms();
        if (next > now) std::this_thread::sleep_for(std::chrono::milliseconds(next - now));
    }
}
