"""Everyday English by part of speech, written down for the prose grammar and the random word strings."""

NOUNS = """
time year day week month morning evening night hour minute moment summer winter spring autumn weather rain snow wind sun sky
cloud storm air water river lake sea ocean beach island hill mountain valley field forest garden flower tree leaf grass farm
road street path bridge corner city town village country world place house home room kitchen bedroom bathroom door window wall
floor roof stair chair table bed desk lamp light candle fire oven fridge cup glass plate bowl knife fork spoon bottle box bag
basket pocket coat shirt dress shoe hat glove scarf umbrella key ring watch clock phone computer screen camera radio television
picture photo letter book page paper pen pencil story word name number question answer idea reason plan problem mistake lesson
school teacher student class college office job work worker boss team meeting report company business shop store market price
money coin bank card ticket bill gift present party game ball song music dance film show theatre museum library church hospital
station airport train bus car truck bike boat ship plane taxi driver passenger trip journey holiday map hotel visitor guest
friend neighbour family father mother brother sister son daughter uncle aunt cousin child baby boy girl man woman husband wife
people person crowd doctor nurse patient farmer sailor soldier artist writer singer dancer actor painter baker cook waiter
lawyer judge king queen prince captain officer guard thief hero voice face eye ear nose mouth tooth hair hand arm finger foot
leg knee back heart head body skin blood bone dog cat horse cow sheep pig goat chicken duck bird fish mouse rabbit fox wolf
bear lion tiger monkey snake bee spider butterfly food bread butter cheese milk egg meat soup salad rice pasta pizza cake
biscuit sugar salt pepper honey apple orange banana lemon grape cherry pear potato tomato onion carrot bean pea coffee tea juice
breakfast lunch dinner supper meal colour sound noise smell taste shape size line circle square edge side end middle top bottom
front piece part half rest group kind sort way thing matter fact truth lie secret dream sleep hope fear love anger joy luck
chance choice change choir engine wheel machine tool hammer nail rope chain wire metal iron gold silver stone rock sand glass
wood cloth wool cotton leather plastic power energy heat ice smoke dust dirt oil gas paint brush mirror carpet curtain shelf
drawer cupboard lock gate fence yard tower castle palace temple tent camp harbour port coast shore wave tide current desert
jungle planet moon star space rocket science history language art nature law rule order peace war army battle sword prize medal
race match player winner goal score point test exam grade note list message signal sign news paper magazine article poem
chapter sentence speech joke smile laugh tear kiss hug handle button switch plug cable battery bulb bell whistle drum guitar
piano violin trumpet flute concert stage audience seat row aisle floor lift exit entrance counter desk queue leaflet guide tour
""".split()

VERBS = """
ask answer call talk speak tell say shout whisper listen hear look watch see notice find lose search hide show bring take carry
hold keep give send receive get buy sell pay cost spend save borrow lend choose pick open close lock push pull turn move stop
start begin finish end wait stay leave arrive reach pass cross follow lead drive ride walk run jump climb fall fly swim dance
sing play win fight break fix build make paint draw write read study learn teach know think believe understand remember forget
guess wonder decide plan hope want need like love hate enjoy prefer miss help save protect feed eat drink cook bake cut mix pour
wash clean dry wear fold sew cover fill empty touch feel smell taste wake sleep rest sit stand lie live grow die kill catch throw
drop kick hit lift raise lower count measure add join share divide check test try use change become seem appear happen
visit meet greet invite welcome thank promise agree argue laugh smile cry worry plant dig pick water burn light warm cool
""".split()

ADJECTIVES = """
big small large little long short tall high low wide narrow deep thick thin heavy light fast slow quick early late new old young
fresh good bad better worse best great fine nice kind cruel happy sad angry glad proud shy brave afraid calm quiet loud noisy
soft hard smooth rough sharp dull clean dirty dry wet warm cool hot cold bright dark clear blue red green yellow black white
brown grey pink purple golden silver empty full open closed free busy easy difficult simple strange common rare famous special
secret public private real true false right wrong same different whole broken lost hidden sudden gentle strong weak rich poor
cheap dear sweet bitter sour hungry thirsty tired sleepy sick healthy clever stupid wise funny serious lucky careful lazy
honest polite rude lovely ugly pretty beautiful wonderful terrible awful perfect modern ancient wooden round square flat steep
""".split()

ADVERBS = """
slowly quickly quietly loudly carefully suddenly finally usually often always never sometimes again soon later now then here
there everywhere outside inside upstairs nearby already almost only just still together alone away early late today tomorrow
yesterday tonight gently badly happily sadly nearly really perhaps maybe indeed instead however once twice
""".split()

PREPOSITIONS = """in on under over behind beside near by with without from to at into through across along around between
against before after during until above below beyond inside outside towards""".split()

FUNCTION_WORDS = """
the a an and or but if so because when while that this these those which who what where why how i you he she it we they me him
her us them my your his its our their mine yours is are was were be been being am do does did done has have had will would can
could shall should may might must not no yes all any some every each both few many much more most other another such own than
too very as of for about up down off out again once one two three four five six seven eight nine ten eleven twelve thirteen
fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
first second third fourth fifth last next monday tuesday wednesday thursday friday saturday sunday january february march april
may june july august september october november december don't can't won't isn't it's i'm you're we're they're that's what's
let's didn't wasn't couldn't i'll we'll i've hello goodbye please thanks sorry okay well oh
""".split()

NAMES = """
anna ben clara david emma frank grace henry isabel jack kate liam mary nora oliver paul rosa sam tom victor wendy alice peter
susan james laura martin helen robert julia simon lucy george sarah michael jane philip ruth edward
london paris berlin rome madrid vienna oxford boston dublin scotland france germany spain italy england america europe
""".split()

IRREGULAR_PAST = dict(pair.split(':') for pair in """
speak:spoke tell:told say:said hear:heard see:saw find:found lose:lost hide:hid show:showed bring:brought take:took hold:held
keep:kept give:gave send:sent get:got buy:bought sell:sold pay:paid cost:cost spend:spent lend:lent choose:chose begin:began
leave:left lead:led drive:drove ride:rode run:ran fall:fell fly:flew swim:swam sing:sang win:won fight:fought break:broke
build:built make:made draw:drew write:wrote read:read teach:taught know:knew think:thought understand:understood forget:forgot
feed:fed eat:ate drink:drank cut:cut wear:wore feel:felt wake:woke sleep:slept sit:sat stand:stood lie:lay grow:grew
catch:caught throw:threw hit:hit become:became meet:met light:lit dig:dug sew:sewed learn:learned lower:lowered
""".split())
