/**
 * Families of words that British and American English spell differently, written
 * for this project from the general rules of the two spellings.
 *
 * A line is `british:american(endings) stems`: each ending is put behind each
 * stem, in either spelling; `_` stands for nothing.
 */
export const SPELLING_FAMILIES: readonly string[] = [
  `is:iz(e ed es ing ation ations er ers)
   accessor acclimat agon american amort anaesthet anglic animal annual antagon apolog arbor atom author automat bapt bastard bowdler brutal
   canal cannibal canon capital caramel carbon cartel categor catheter cauter central character civil collectiv colon commercial commun compartmental computer conceptual container contextual creol critic crystall custom
   decarbon decentral decolon decriminal dehuman demagnet demilitar demobil democrat demon demoral denational deodor depersonal depolitic depressur deput desensit destabil digit disorgan dramat
   econom editorial empath emphas energ epitom equal eternal eulog euphem evangel exorc extempor external factor familiar fantas federal femin fertil fetish fictional final formal fossil fratern
   galvan general ghetto glamor global harmon homogen hospital human hybrid hydrogen hypnot hypothes ideal idol immobil immortal immun individual industrial initial institutional intellectual internal international ion italic item
   jeopard journal legal legitim liberal lion liquid literal local magnet marginal material maxim mechan memorial memor mesmer metabol militar mineral miniatur minim mobil modern moistur monet monopol moral motor mytholog
   nasal national natural neutral normal objectiv optim organ ostrac overemphas overgeneral oxid particular pasteur patron pauper penal personal philosoph plagiar polar politic polymer popular pressur priorit privat professional proselyt public pulver
   radical random rational real recogn regular reorgan revital revolution rhapsod ritual robot roman romantic rubber
   sanit satir scandal scrutin secular sensational sensit sentimental serial sermon sexual signal social sodom solemn soliloqu special spiritual stabil standard steril stigmat styl subsid summar symbol sympath synchron synthes system systemat
   tantal tempor tender terror theor total traumat trivial tyrann union universal urban util vandal vapor verbal victim visual vital vocal volatil vulcan vulgar western winter woman`,
  'is:iz(able) amort author character civil critic general hypnot magnet mobil organ polar real recogn util unrecogn unreal',
  'is:iz(ed) unauthor uncivil unorgan unpasteur unrecogn unreal unsteril unsubsid underutil',
  'is:iz(e ed es ing) aggrand appet burglar recapital resensit',
  'is:iz(ement) aggrand',
  'is:iz(er ers ingly) appet',
  'is:iz(ingly) agon patron tantal',
  'is:iz(ably) recogn unrecogn',
  'is:iz(ational ationally) organ',
  'lys:lyz(e ed er ers es ing) ana para cata dia electro breatha psychoana hydro',

  'our:or(_ s) arb ard arm behavi cand clam clang col demean discol disfav dishon enam endeav fav ferv flav harb hon hum lab misbehavi misdemean neighb od parl ranc rig rum sav savi splend succ tum val vap vig watercol technicol',
  'our:or(ed ing) arm clam col discol disfav dishon enam endeav fav flav harb hon hum lab neighb rum sav succ',
  'our:or(_ ed ing s) belab',
  'our:or(ed) multicol',
  'our:or(er ers) arm lab',
  'our:or(able ably) fav hon dishon unfav',
  'our:or(less) col flav hum od',
  'our:or(ful fully ist ists ings fast) col watercol flav',
  'our:or(al ally ism ist ists) behavi',
  'our:or(ite ites itism) fav',
  'our:or(y ies) arm sav unsav',
  'our:or(hood hoods ly liness) neighb',
  'our:or(some) flav',

  'tre:ter(_ s) amphithea cen epicen goi lus lacklus li centili millili me centime kilome microme millime nanome mi ni reconnoi saltpe scep spec thea phil',
  'tred:tered(_) cen lus mi reconnoi',
  'tring:tering(_) cen reconnoi',
  'tre:ter(piece pieces fold folds board boards) cen',
  'tre:ter(goer goers) thea',
  're:er(_ s) calib fib louv meag och sab sepulch somb timb',
  're:er(glass) fib',
  're:er(ly ness) somb',
  'res:ers(_) accout',
  'rement:erment(s) accout',

  `ll:l(ed ing) backpeda bedevi beve bejewe cance caro cavi channe chise counse cudge dia disembowe drive due ename equa fue funne gambo grave grove
   impane imperi initia jewe kenne labe leve libe marsha marve mislabe mode outriva pane parce peda penci pumme quarre rave refue relabe remode reve riva
   shove shrive signa snive snorke spira squirre stenci swive symbo tasse tota towe trave tunne unrave wease yode`,
  'll:l(ed) crene disheve untramme',
  'll:l(er ers) cance caro channe chise drive due grove jewe labe leve mode quarre reve shove signa snive trave tunne yode',
  'll:l(ing) grue',
  'll:l(est er) crue',
  'llist:list(_ s) due meda pane',
  'llous:lous(_ ly) marve libe',
  'pp:p(ed er ers ing) worshi kidna',

  'l:ll(_ s ment ments) appa disti enro enthra fulfi insta insti',
  'lful:llful(_ ly ness) ski wi unski',

  'ence:ense(_ s) def lic off pret',
  'enced:ensed(_) lic',
  'enceless:enseless(_) def',
  'encing:ensing(_) lic',
  'is:ic(e ed es ing) pract',

  'ogue:og(_ s) anal catal dial epil monol prol travel',
  'ogued:oged(_) catal',
  'oguer:oger(_ s) catal',
  'oguing:oging(_) catal',
  'mme:m(_ s) centigra gra kilogra milligra aerogra progra',

  'aemi:emi(a c as cs) an leuk tox hyperglyc hypoglyc isch septic ur bacter',
  'aesth:esth(ete etes etic etics etically eticism) _',
  'aesthe:esthe(sia tic tics tist tists tise tised tises tising tize tized tizes tizing) an',
  'aeolog:eolog(y ical ically ist ists) arch',
  'aeo:eo(lithic ntology ntologist ntologists ntological) pal',
  'aem:em(oglobin ophilia ophiliac ophiliacs orrhage orrhaged orrhages orrhaging orrhagic orrhoid orrhoids atology atologist atologists atological atoma atomas) h',
  'aed:ed(iatric iatrics iatrician iatricians ophile ophiles ophilia) p',
  'aec:ec(al es) f',
  'aecolog:ecolog(y ical ist ists ic) gyn',
  'aes:es(arean arareans ium) c',
  'aed:ed(ic ics ist ists) orthop',
  'ae:e(val) medi prim',
  'aedia:edia(_ s) encyclop',
  'aeval:eval(_) medi prim',
  'oet:et(al us uses id icide) f',
  'oesophag:esophag(us eal i) _',
  'oestr:estr(ogen ogens us ous adiol) _',
  'oedema:edema(_ s tous) _',
  'oeopath:eopath(_ s y ic ically) hom',
  'hoea:hea(_) diarr gonorr amenorr logorr seborr',
  'oeuvr:euver(ed es ing ings able ability) man',
  'oeuvre:euver(_ s) man',

  'ough:ow(_ s ed ing man men share shares) pl snowpl',
  'ould:old(_ s ed er ered ering ers ier iest iness ing ings y) m sm rem',
  'oult:olt(_ s ed ing) m',
  'grey:gray(_ s ed er est ing ish ness) _',
  'tyre:tire(_ s) _',
  'cheque:check(_ s book books) _',
  'chequer:checker(_ s ed ing board boards) _',
  'draught:draft(_ s y ier iest iness ily board boards sman smen smanship swoman) _',
  'gaol:jail(_ s ed ing er ers bird birds break breaks) _',
  'kerb:curb(_ s ed ing side stone stones) _',
  'pyjama:pajama(_ s) _',
  'moustache:mustache(_ s d) _',
  'sceptic:skeptic(_ s al ally ism) _',
  'sulph:sulf(ate ates ide ides ite ites ur uric urous onamide onamides) _',
  'syphon:siphon(_ s ed ing) _',
  'cypher:cipher(_ s ed ing) _',
  'artefact:artifact(_ s) _',
  'cos:coz(y ier ies iest ily iness) _',
  'waggon:wagon(_ s er ers) _',
  'wooll:wool(en ens ies y iness) _',
  'yoghurt:yogurt(_ s) _',
  'yoghourt:yogurt(_ s) _',
  'aeroplane:airplane(_ s) _',
  'aeon:eon(_ s) _',
  'councill:council(or ors) _',
  'counsell:counsel(or ors) _',
  'tranquillis:tranquiliz(e ed er ers es ing) _',
  'tranquilliz:tranquiliz(e ed er ers es ing) _',
  'judgement:judgment(_ s) _',
  'acknowledgement:acknowledgment(_ s) _',
  'abridgement:abridgment(_ s) _',
  'omelette:omelet(_ s) _',
  'despatch:dispatch(_ ed er ers es ing) _',
  'encyclopaed:encycloped(ic ist ists) _',
  'epaulette:epaulet(_ s) _',
  'almanack:almanac(_ s) _',
  'bannister:banister(_ s) _',
  'baulk:balk(_ s ed ing) _',
  'behove:behoove(_ s d) _',
  'calliper:caliper(_ s) _',
  'flautist:flutist(_ s) _',
  'gryphon:griffin(_ s) _',
  'groyne:groin(_ s) _',
  'inflexion:inflection(_ s) _',
  'connexion:connection(_ s) _',
  'mollusc:mollusk(_ s) _',
  'mum:mom(_ s) _',
  'pouffe:pouf(_ s) _',
  'propellor:propeller(_ s) _',
  'sheikh:sheik(_ s) _',
  'tonne:ton(_ s) _',
  'clarinettist:clarinetist(_ s) _',
];

/** Single pairs, British then American. */
export const SPELLING_PAIRS: readonly string[] = `
  ageing aging, aluminium aluminum, axe ax, battleaxe battleax, bevvies bevies, bevvy bevy, biassed biased, biassing biasing, bingeing binging, bougainvillaea bougainvillea,
  busses buses, callisthenics calisthenics, chilli chili, coeliac celiac, disc disk, discs disks, eyrie aerie, furore furor, gipsies gypsies, gipsy gypsy, glueing gluing, glycerine glycerin,
  jewellery jewelry, likeable likable, liquorice licorice, loveable lovable, lodgement lodgment, moveable movable, mummies mommies, mummy mommy, phoney phony, pzazz pizzazz, preventative preventive,
  savanna savannah, shakeable shakable, sizeable sizable, speciality specialty, specialities specialties, storey story, storeys stories, tranquillity tranquility, tsar czar, tsars czars,
  unlikeable unlikable, unmistakeable unmistakable, unshakeable unshakable
`.split(',').map((pair) => pair.trim());
