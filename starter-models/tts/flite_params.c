/* Speaks each line of standard input with one Flite ClusterGen voice (argument: rms or slt) and writes what
   the voice computed on the way, before its vocoder, as little-endian int32 and float32:
   once: excitation band count, filter taps, mel-cepstrum warp, frame seconds, then the band filters;
   per line: phone count, then name[8] and end seconds of each phone; frame count, 26 and the frames' f0 (Hz, 0 when
   unvoiced) and 25 mel-cepstral coefficients; frame count, band count and the voicing strength of each band. */
#include <stdio.h>
#include <string.h>
#include <flite/flite.h>
#include <flite/cst_cg.h>

cst_voice *register_cmu_us_rms(const char *voxdir);
cst_voice *register_cmu_us_slt(const char *voxdir);

static void put_int(int value) { fwrite(&value, sizeof value, 1, stdout); }
static void put_float(float value) { fwrite(&value, sizeof value, 1, stdout); }

static void put_excitation_filters(const cst_cg_db *db) {
  put_int(db->ME_num);
  put_int(db->ME_order);
  put_float(db->mlsa_alpha);
  put_float(db->frame_advance);
  for (int band = 0; band < db->ME_num; band++)
    for (int tap = 0; tap < db->ME_order; tap++) put_float((float)db->me_h[band][tap]);
}

static void put_phones(cst_utterance *utterance) {
  cst_item *segment;
  int count = 0;
  for (segment = relation_head(utt_relation(utterance, "Segment")); segment; segment = item_next(segment)) count++;
  put_int(count);
  for (segment = relation_head(utt_relation(utterance, "Segment")); segment; segment = item_next(segment)) {
    char name[8] = {0};
    strncpy(name, item_feat_string(segment, "name"), sizeof name - 1);
    fwrite(name, sizeof name, 1, stdout);
    put_float(item_feat_float(segment, "end"));
  }
}

static void put_track(const cst_track *track, int channels) {
  put_int(track->num_frames);
  put_int(channels);
  for (int frame = 0; frame < track->num_frames; frame++)
    for (int channel = 0; channel < channels; channel++) put_float(track->frames[frame][channel]);
}

/* The waveform is not wanted: ends the vocoder, which takes most of the time, at its first block. */
static int stop_vocoder(const cst_wave *wave, int start, int size, int last, cst_audio_streaming_info *info) {
  (void)wave, (void)start, (void)size, (void)last, (void)info;
  return CST_AUDIO_STREAM_STOP;
}

int main(int argc, char **argv) {
  char line[8192];
  flite_init();
  cst_voice *voice = argc > 1 && strcmp(argv[1], "slt") == 0 ? register_cmu_us_slt(NULL) : register_cmu_us_rms(NULL);
  const cst_cg_db *db = val_cg_db(feat_val(voice->features, "cg_db"));
  cst_audio_streaming_info *streaming = new_audio_streaming_info();
  streaming->asc = stop_vocoder;
  streaming->min_buffsize = 16;
  feat_set(voice->features, "streaming_info", audio_streaming_info_val(streaming));
  put_excitation_filters(db);
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    cst_utterance *utterance = flite_synth_text(line, voice);
    put_phones(utterance);
    cst_track *raw = val_track(utt_feat_val(utterance, "param_track"));
    cst_track *smooth = db->do_mlpg ? mlpg(raw, (cst_cg_db *)db) : raw;
    put_track(smooth, 26);
    put_track(val_track(utt_feat_val(utterance, "str_track")), db->ME_num);
    if (smooth != raw) delete_track(smooth);
    delete_utterance(utterance);
  }
  return 0;
}
